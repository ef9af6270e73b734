"""The local app: models at work in a browser, on this machine only.

`serve` starts it. Importing this package loads neither TensorFlow nor the web server.
"""

from deepbio.app.serve import serve

__all__ = ["serve"]
