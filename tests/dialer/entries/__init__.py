"""The list of a campaign, and who of it is next."""
