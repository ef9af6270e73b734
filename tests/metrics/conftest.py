from hypothesis import settings

# The machines of continuous integration differ in speed: no example fails for being slow.
settings.register_profile("metrics", deadline=None)
settings.load_profile("metrics")
