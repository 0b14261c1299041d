"""Writes text.json: what Keras makes of texts, with which the Go tests compare
words, vocabularies, ids, padding and multi-hot rows.

Only needed to remake the fixture:

    python3.11 -m venv venv
    venv/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
    venv/bin/python make_fixtures.py
"""

import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")

import tensorflow as tf
from keras.layers import TextVectorization
from keras.utils import pad_sequences

TEXTS = [
    "The film was GREAT, really great!",
    "the plot... the plot was thin; the acting wasn't",
    "A well-acted, over-long film (2 hours).",
    "  tabs\tand\nlines\r\nand\vmore\fspace  ",
    "Every mark: !\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'",
    "é É ß ẞ Ä ä naïve NAÏVE İstanbul",
    "no\u00a0break, thin\u2009space, line\u2028end, next\u0085line, wide\u3000space",
    "curly \u2018quotes\u2019 and \u201cmore\u201d \u2014 dashes \u2013 stay",
    "zebra apple mango apple zebra mango",
    "[UNK] unk Unk",
    "b<br /><br />c",
    "",
    "!!! ... ???",
    "😀 emoji 😀 zoë zoe Zoë",
    "a\u0000b and \u007f and a\u200bb",
]
UNSEEN = ["a great unknown film", "", "…", "zebra zebra quux"]
# 1 to 5 values, at lengths around them, in all ways.
ROWS = [[1], [1, 2], [1, 2, 3], [], [1, 2, 3, 4, 5]]


def vectorization(max_tokens):
    made = TextVectorization(max_tokens=max_tokens, standardize="lower_and_strip_punctuation", split="whitespace")
    made.adapt(tf.constant(TEXTS))
    return made


def encoding(max_tokens):
    made = vectorization(max_tokens)
    rows = [[int(v) for v in made(tf.constant([t]))[0]] for t in TEXTS + UNSEEN]
    # Without padding's place max_tokens holds one word more.
    hot = TextVectorization(max_tokens=max_tokens and max_tokens - 1, output_mode="multi_hot")
    hot.adapt(tf.constant(TEXTS))
    return {
        "max_tokens": max_tokens or 0,
        "vocabulary": [str(w) for w in made.get_vocabulary()],
        "ids": rows,
        # Keras' row has no place for padding: its first is [UNK].
        "multi_hot": [[int(i) for i, v in enumerate(hot(tf.constant([t]))[0].numpy()) if v] for t in TEXTS + UNSEEN],
    }


def padding():
    out = []
    for maxlen in [None, 1, 2, 4, 7]:
        for pad in ["pre", "post"]:
            for cut in ["pre", "post"]:
                for value in [0, 9]:
                    rows = pad_sequences(ROWS, maxlen=maxlen, padding=pad, truncating=cut, value=value)
                    out.append({"length": maxlen or 0, "padding": pad, "truncating": cut, "value": value, "rows": rows.tolist()})
    return out


def main():
    made = {
        "texts": TEXTS,
        "unseen": UNSEEN,
        "encodings": [encoding(n) for n in (None, 3, 5, 10, 25, 1000)],
        "pad_rows": ROWS,
        "padding": padding(),
    }
    path = pathlib.Path(__file__).parent / "text.json"
    parts = ",\n".join(f" {json.dumps(k)}: " + (("[\n  " + ",\n  ".join(json.dumps(x) for x in v) + "\n ]") if isinstance(v, list) else json.dumps(v)) for k, v in made.items())
    path.write_text("{\n" + parts + "\n}\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
