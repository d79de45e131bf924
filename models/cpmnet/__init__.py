"""CPM-Net, Zhang et al. 2019."""
