"""From the dataset to results: baseline, outcomes, harms, treatments. Its step is ``run.run``."""
