"""Plain implementations that benchmarks compare with; written for that, used nowhere else."""
