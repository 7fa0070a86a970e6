"""An office's own fields of clients, leads and deals: their kinds, their places, who sees them."""
