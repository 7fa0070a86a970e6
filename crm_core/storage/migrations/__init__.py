"""The history of the schema: one line of revisions, run by `crm_core.storage.migrate`."""
