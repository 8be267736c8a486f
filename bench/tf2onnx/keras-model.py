"""Writes one network three ways into argv[1]: Keras's HDF5 (model.h5), tfjs's LayersModel (model.json and its shard), and an input with Keras's own answer."""
import json
import os
import sys

import keras
import numpy as np
import tensorflow as tf

out = sys.argv[1]
tf.keras.utils.set_random_seed(7)
model = tf.keras.applications.MobileNetV2(weights=None, input_shape=(224, 224, 3), classes=4)
rng = np.random.default_rng(7)
# Fresh normalisations are the identity: figures of trained ones make them count.
for layer in model.layers:
    if isinstance(layer, tf.keras.layers.BatchNormalization):
        n = layer.gamma.shape[0]
        layer.set_weights([rng.uniform(0.5, 1.5, n), rng.normal(0, 0.1, n), rng.normal(0, 0.1, n), rng.uniform(0.5, 1.5, n)])
model.save(os.path.join(out, 'model.h5'))
weights = [(w.name.removesuffix(':0'), w.numpy().astype(np.float32)) for w in model.weights]
with open(os.path.join(out, 'weights.bin'), 'wb') as shard:
    for _, value in weights:
        shard.write(value.tobytes())
manifest = [{'paths': ['weights.bin'], 'weights': [{'name': n, 'shape': list(v.shape), 'dtype': 'float32'} for n, v in weights]}]
topology = {'keras_version': keras.__version__, 'backend': 'tensorflow', 'model_config': json.loads(model.to_json())}
with open(os.path.join(out, 'model.json'), 'w') as file:
    json.dump({'format': 'layers-model', 'modelTopology': topology, 'weightsManifest': manifest}, file)
x = rng.uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)
x.tofile(os.path.join(out, 'input.bin'))
np.asarray(model(x)).astype(np.float32).tofile(os.path.join(out, 'output.bin'))
