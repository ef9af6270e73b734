"""Serve presets over HTTP: BentoML's server with this package's checks at the door. Research and teaching only."""
