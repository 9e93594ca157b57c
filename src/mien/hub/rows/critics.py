"""Rows of the networks that have seen the world: features for losses, critics and distances."""

from __future__ import annotations

from mien.hub.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        name="inception",
        kind="inception",
        file="inception.safetensors",
        sha256="7372cbeb7812e03b0971154a44d594ed5d402759508507df8499126298f79443",
        bytes=22591837,
        licence="MIT (nsfwjs 4.3.0)",
        data="ImageNet, then tuned by nsfwjs to sort pictures; 8 bits a number",
        paper="Szegedy et al. 2016 (Inception v3)",
        note="Features for losses, critics and FD-inception. Reads pictures from 75 pixels a side.",
    ),
    Row(
        name="mobilenet",
        kind="mobilenet",
        file="mobilenet.safetensors",
        sha256="52f4ac1d31669d89d5879683be2f40e77591a8717b78e87de3d9bdeaef0016a5",
        bytes=2756461,
        licence="MIT (nsfwjs 4.3.0)",
        data="ImageNet, then tuned by nsfwjs to sort pictures; 8 bits a number",
        paper="Sandler et al. 2018 (MobileNetV2)",
        note="Features for losses and critics, a third of the time of inception.",
    ),
    Row(
        name="recognition",
        kind="recognition",
        file="recognition.safetensors",
        sha256="b7fbc96b27935a77b59885f33f9544e45fbe9db8d39abb52009b63f901385fd6",
        bytes=6463904,
        licence="MIT (@vladmandic/face-api 1.7.15); weights of dlib, CC0",
        data="dlib's collection of about 3 million faces; 8 bits a number",
        paper="King 2017 (dlib_face_recognition_resnet_model_v1)",
        note="Who a face is: faces less than 0.6 apart are of one person. Wants the places of eyes.",
    ),
    Row(
        name="inception-fid",
        kind="inception",
        file="pt_inception-2015-12-05-6726825d.pth",
        sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
        bytes=95628359,
        licence="Apache-2.0 (TensorFlow's network of 2015-12-05, as pytorch-fid publishes it)",
        data="ImageNet",
        url="https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        paper="Szegedy et al. 2016; Heusel et al. 2017 (FID)",
        note="With it distances are FID, KID and DFID. Size and sha256 as stated by two public copies of the file; they were not computed here.",
    ),
)
"""Inception v3, MobileNetV2 and dlib's face recognition; the network of FID to be fetched."""
