"""What a campaign and its law ask of the pacing (pure)."""

from dialer.campaigns.queries import Campaign
from dialer.compliance.profile import LawProfile
from dialer.pacing.policy import Policy


def policy_of(campaign: Campaign, law: LawProfile) -> Policy:
    """The campaign's own settings under the law's limit and seconds. How long somebody greets is
    not known beforehand: where the law counts from its end, that time is not relied upon."""
    pacing = campaign.pacing
    return Policy(
        mode=campaign.mode,
        limit=law.abandonment.limit,
        target=pacing.target,
        patience_seconds=law.abandonment.seconds,
        ratio=pacing.ratio,
        trunks=pacing.trunks,
        calls_per_second=pacing.calls_per_second,
        most_lines_per_operator=pacing.most_ratio,
    )
