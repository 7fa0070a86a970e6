"""Whom nobody may call: the office's own lists, those of a campaign, national ones, opt-outs."""
