"""Many linked phones through the real library: what they cost, and what kills cost them."""
