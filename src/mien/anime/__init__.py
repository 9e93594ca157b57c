"""selfie -> anime: pictures and clips (GANs N' Roses, Chong & Forsyth 2021)."""
