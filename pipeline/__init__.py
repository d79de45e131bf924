"""Raw conversation videos to emotion recognition that survives missing data, stage by stage."""
