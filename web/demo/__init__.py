"""The made-up office beside the simulated exchange: its people, clients, past days and colleagues.

`serving.serve_simulated` is the whole of it; `furnish` makes the office in a database, once;
`make_exchange` is the exchange; `Colleagues` work by themselves.
"""

from web.demo.cast import DEMO_PASSWORD
from web.demo.colleagues import Colleagues
from web.demo.exchange import PACE, make_exchange
from web.demo.furnishing import DemoLogin, furnish

__all__ = ["DEMO_PASSWORD", "PACE", "Colleagues", "DemoLogin", "furnish", "make_exchange"]
