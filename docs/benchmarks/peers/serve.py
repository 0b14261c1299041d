"""The program of docs/serving.md with FastAPI: MODEL=digits.onnx THREADS=2 uvicorn serve:app, or MODEL=digits.safetensors for Keras."""
import os

import numpy as np
from fastapi import FastAPI, UploadFile
from PIL import Image


def onnx_runtime(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["THREADS"])
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(["output"], {"input": x})[0]


def keras(path):
    import keras
    import tensorflow as tf
    from safetensors.numpy import load_file

    tf.config.threading.set_intra_op_parallelism_threads(int(os.environ["THREADS"]))
    layers, weights = keras.layers, load_file(path)
    lenet = keras.Sequential([
        keras.Input((28, 28, 1)), layers.Rescaling(1 / 255),
        layers.Conv2D(6, 5, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
        layers.Dense(120, activation="relu"), layers.Dense(84, activation="relu"), layers.Dense(10, activation="softmax"),
    ])
    for layer in lenet.layers:
        if layer.weights:
            layer.set_weights([weights[f"{layer.name}/{w.name}"] for w in layer.weights])
    compiled = tf.function(lambda x: lenet(x, training=False), input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.uint8)])
    return lambda x: compiled(x).numpy()


predict = (onnx_runtime if os.environ["MODEL"].endswith(".onnx") else keras)(os.environ["MODEL"])
predict(np.zeros((1, 28, 28, 1), np.uint8))  # compiles, where something is compiled
app = FastAPI()


@app.get("/")
def ready():
    return {}


def digit(picture: UploadFile):
    image = Image.open(picture.file).convert("L")
    if image.size != (28, 28):
        image = image.resize((28, 28))
    answers = predict(np.asarray(image).reshape(1, 28, 28, 1))[0]
    return {"digit": int(answers.argmax()), "probabilities": answers.tolist()}


async def at_once(picture: UploadFile):
    return digit(picture)


# FastAPI runs a plain function in a pool of threads, and one that is async where requests are read.
app.post("/")(at_once if os.environ.get("ASYNC") else digit)
