"""What the check asks: all of it only reads."""

from telephony.actions import Action, Expect


def which_actions() -> Action:
    """The actions that this account may use: a header for each."""
    return Action("ListCommands")


def configuration(file: str, category: str = "") -> Action:
    """A configuration file (or one section of it) as Asterisk reads it, includes and all."""
    chosen = (("Category", category),) if category else ()
    return Action("GetConfig", (("Filename", file), *chosen))


def endpoints() -> Action:
    return Action("PJSIPShowEndpoints", (), Expect("EndpointListComplete"))


def dialplan(context: str) -> Action:
    """One context; refused where there is none of that name."""
    return Action("ShowDialPlan", (("Context", context),), Expect("ShowDialPlanComplete"))


def is_loaded(module: str) -> Action:
    """Refused where the module is not loaded."""
    return Action("ModuleCheck", (("Module", module),))
