"""Makes keras2.json: see README.md."""
import base64
import json
import os

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = ''
import keras
import numpy as np
import tensorflow as tf

L = tf.keras.layers
tf.keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
recorded = []


def values(x):
    return {'shape': list(x.shape), 'data': [float(f'{v:.7g}') for v in np.asarray(x).ravel()]}


def record(name, shape, build):
    x = L.Input(shape, name='in')
    model = tf.keras.Model(x, build(x), name=name)
    given = np.round(rng.normal(0, 1.5, (2, *shape)), 5).astype('float32')
    outputs = model(given, training=False)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    weights = [(w.name.removesuffix(':0'), w.numpy().astype('float32')) for w in model.weights]
    recorded.append({
        'name': name,
        'topology': {'keras_version': keras.__version__, 'backend': 'tensorflow', 'model_config': json.loads(model.to_json())},
        'specs': [{'name': n, 'shape': list(v.shape), 'dtype': 'float32'} for n, v in weights],
        'weights': base64.b64encode(b''.join(v.tobytes() for _, v in weights)).decode(),
        'inputs': [values(given)],
        'outputs': [values(y) for y in outputs],
    })


def hard_swish(x):
    return x * (L.ReLU(6.0)(x + 3.0) * (1.0 / 6.0))


def mobilenet_end(x):
    """As MobileNet (V1) ends."""
    y = L.GlobalAveragePooling2D(keepdims=True)(L.Conv2D(5, 3, activation='relu')(x))
    y = L.Conv2D(3, 1, padding='same', name='conv_preds')(y)
    return L.Activation('softmax')(L.Reshape((3,))(y))


def squeeze_excite(x):
    """As MobileNetV3 begins."""
    y = hard_swish(L.Conv2D(4, 3, strides=2, padding='same')(x))
    gate = L.Conv2D(4, 1)(L.GlobalAveragePooling2D(keepdims=True)(y))
    y = L.Multiply()([y, L.ReLU(6.0)(gate + 3.0) * (1.0 / 6.0)])
    return L.Dense(3, activation='softmax')(L.Flatten()(y))


record('pools_1d', (5, 3), lambda x: [L.GlobalAveragePooling1D(keepdims=True)(x), L.GlobalMaxPooling1D(keepdims=True)(x)])
record('pools_2d', (4, 5, 3), lambda x: [
    pool(keepdims=True, data_format=at)(x)
    for pool in (L.GlobalAveragePooling2D, L.GlobalMaxPooling2D)
    for at in ('channels_last', 'channels_first')
])
record('pools_3d', (3, 4, 2, 3), lambda x: [L.GlobalAveragePooling3D(keepdims=True)(x), L.GlobalMaxPooling3D(keepdims=True)(x)])
record('mobilenet_end', (8, 8, 2), mobilenet_end)
record('squeeze_excite', (8, 8, 2), squeeze_excite)
record('arithmetic', (3, 4), lambda x: [
    x - 0.5,
    x / 4.0,
    tf.math.subtract(x, 2.0),
    tf.math.divide(x, 3.0),
    tf.math.add(x, x * 2.0),
    tf.math.multiply(x, x),
    x - x / 2.0,
])
# What is refused by name.
record('constant_first', (4,), lambda x: 1.0 - x)
record('other_function', (4,), lambda x: tf.math.sin(x))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'keras2.json'), 'w') as file:
    json.dump(recorded, file, separators=(',', ':'))
