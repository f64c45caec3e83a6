"""Figures the 2023 study published for Data Fusion 2022, to stand beside ours.

What it calls precision is recall: the arguments were swapped. It early-stopped CatBoost on the test set.
"""

# (F1, ROC-AUC, recall, accuracy) by modality: tables 8, 12 and 13
STUDY = {
    "transactions": {
        "CoLES 256": (0.8615, 0.7583, 0.9605, 0.7708),
        "aggregates": (0.8650, 0.7999, 0.9194, 0.7870),
        "random encoder": (0.8504, 0.5970, 0.9927, 0.7408),
    },
    "clickstream": {
        "CoLES 256": (0.8334, 0.5936, 1.0000, 0.7145),
        "aggregates": (0.8424, 0.5564, 1.0000, 0.7278),
        "random encoder": (0.8424, 0.5516, 1.0000, 0.7278),
    },
}

# ROC-AUC by encoder and by sampler: tables 10 and 11
ENCODERS = {"transactions": {"gru": 0.7606, "lstm": 0.7528}, "clickstream": {"gru": 0.5978, "lstm": 0.5766}}
SAMPLERS = {
    "transactions": {"sample_slices": 0.7605, "split_random": 0.7493, "sample_random": 0.7678},
    "clickstream": {"sample_slices": 0.5978, "split_random": 0.6003, "sample_random": 0.5902},
}
