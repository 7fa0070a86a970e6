"""People and organisations we serve, and finding them by any writing of their number."""
