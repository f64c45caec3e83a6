"""Figures the 2023 study published for Data Fusion 2022, to stand beside ours.

What it calls precision is recall: the arguments were swapped. It early-stopped CatBoost on the test set.
"""

# (F1, ROC-AUC, recall, accuracy) by modality: tables 8, 9, 12 and 13
STUDY = {
    "transactions": {
        "CoLES 256": (0.8615, 0.7583, 0.9605, 0.7708),
        "CoLES 512": (0.8541, 0.7661, 0.9250, 0.7654),
        "aggregates": (0.8650, 0.7999, 0.9194, 0.7870),
        "random encoder": (0.8504, 0.5970, 0.9927, 0.7408),
    },
    "clickstream": {
        "CoLES 256": (0.8334, 0.5936, 1.0000, 0.7145),
        "CoLES 512": (0.8331, 0.6137, 0.9946, 0.7152),
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

# ROC-AUC by embedding size: figure 3
SIZES = {
    "transactions": {32: 0.740, 64: 0.761, 96: 0.759, 128: 0.766, 256: 0.765, 512: 0.766},
    "clickstream": {32: 0.602, 64: 0.596, 96: 0.612, 128: 0.609, 256: 0.610, 512: 0.614},
}
