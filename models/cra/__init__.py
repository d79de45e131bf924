"""CRA, Tran et al. 2017."""
