"""What `make_bodies.py` needs to make the pack of bodies from MakeHuman's data."""
