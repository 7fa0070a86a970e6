"""Floor 3: the edge: HTTP, HTML, sockets, command line; the only place where things are built."""
