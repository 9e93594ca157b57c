"""What every training run stands on: state, logs, processes, and the loop of the small networks."""
