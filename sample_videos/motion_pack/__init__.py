"""Steps of packing motion capture; `make_motion.py` runs them."""
