"""How a list is looked at: filters, columns and order, saved for oneself or for everybody."""
