// The networks of a page, alive: their layers in plain JavaScript, and what a reader draws, writes or slides.
// What each layer computes is said by mnistkit/engine; a test compares the two for every kind of layer.
"use strict";

// The layers: each takes its step, what it is given, its weights by name, the model and the model's input.
const kinds = {
  Rescaling: (step, [x]) => x.map(v => v * step.Layer.scale + (step.Layer.offset || 0)),
  Activation: (step, [x]) => activated(step.Layer.activation, x, step),

  Dense(step, [x], {kernel, bias}) {
    const units = step.Layer.units, sums = new Float64Array(units);
    if (bias) sums.set(bias);
    x.forEach((v, i) => {
      for (let u = 0; u < units; u++) sums[u] += v * kernel[i * units + u];
    });
    return activated(step.Layer.activation, Float32Array.from(sums), step);
  },

  Conv2D(step, [x], {kernel, bias}) {
    const channels = step.In[2], filters = step.Layer.filters, sums = new Float64Array(sizeOf(step.Out));
    if (bias) for (let i = 0; i < sums.length; i += filters) sums.set(bias, i);
    slide(step, (to, from, tap) => {
      for (let c = 0; c < channels; c++) {
        const v = x[from + c], row = (tap * channels + c) * filters;
        for (let f = 0; f < filters; f++) sums[to + f] += v * kernel[row + f];
      }
    });
    return activated(step.Layer.activation, Float32Array.from(sums), step);
  },

  MaxPooling2D: (step, [x]) => pooled(step, x, pixels => Math.max(...pixels)),
  AveragePooling2D: (step, [x]) => pooled(step, x, pixels => pixels.reduce((a, b) => a + b) / pixels.length),
  GlobalAveragePooling2D: (step, [x]) => meanOfRows(x, step.Out[0], () => true),

  Embedding(step, [words], {embeddings}) {
    const size = step.Layer.output_dim, y = new Float32Array(sizeOf(step.Out));
    words.forEach((word, i) => y.set(embeddings.subarray(word * size, (word + 1) * size), i * size));
    return y;
  },

  GlobalAveragePooling1D(step, [x], weights, model, input) {
    const first = model.steps[0], masked = first.Kind === "Embedding" && first.Layer.mask_zero;
    return meanOfRows(x, step.Out[0], i => !masked || input[i] !== 0);
  },

  BatchNormalization(step, [x], {gamma, beta, moving_mean, moving_variance}) {
    const scale = gamma.map((g, c) => g / Math.sqrt(moving_variance[c] + (step.Layer.epsilon || 0.001)));
    return x.map((v, i) => (v - moving_mean[i % scale.length]) * scale[i % scale.length] + beta[i % scale.length]);
  },

  Add: (step, branches) => branches.reduce((a, b) => a.map((v, i) => v + b[i])),

  Concatenate(step, branches) {
    const places = sizeOf(step.Out) / step.Out.at(-1);
    const channels = (x, i) => [...x.subarray(i * x.length / places, (i + 1) * x.length / places)];
    return Float32Array.from(Array.from({length: places}, (_, i) => branches.map(x => channels(x, i))).flat(2));
  },
};

// What only training changes, and what only changes the shape.
const unchanged = ["Flatten", "Dropout", "RandomTranslation", "RandomRotation", "RandomZoom", "RandomElasticTransform"];
for (const kind of unchanged) kinds[kind] = (step, [x]) => x;

const sizeOf = shape => shape.reduce((a, b) => a * b, 1);

// slide visits each pixel under each place of a step's window: where the place's channels begin in the output, where
// the pixel's begin in the input, and the number of the pixel in the window.
function slide({Window: {Size, Strides}, Pads, In: [height, width, depth], Out: [rows, columns, filters]}, visit) {
  for (let place = 0; place < rows * columns; place++) {
    const y = Math.floor(place / columns) * Strides[0] - Pads[0][0], x = place % columns * Strides[1] - Pads[1][0];
    for (let i = Math.max(0, -y); i < Size[0] && y + i < height; i++) {
      for (let j = Math.max(0, -x); j < Size[1] && x + j < width; j++) {
        visit(place * filters, ((y + i) * width + x + j) * depth, i * Size[1] + j);
      }
    }
  }
}

// pooled makes one of the pixels of each window, in each channel.
function pooled(step, x, one) {
  const windows = Array.from({length: sizeOf(step.Out)}, () => []);
  slide(step, (to, from) => {
    for (let c = 0; c < step.In[2]; c++) windows[to + c].push(x[from + c]);
  });
  return Float32Array.from(windows, one);
}

// meanOfRows is the mean of those rows of x that count; zeros if none does.
function meanOfRows(x, size, counts) {
  const sums = new Float64Array(size), n = x.length / size, rows = [...Array(n).keys()].filter(counts);
  for (const row of rows) sums.forEach((_, k) => sums[k] += x[row * size + k]);
  return Float32Array.from(sums, sum => sum / Math.max(rows.length, 1));
}

const sigmoid = v => 1 / (1 + Math.exp(-v));

const activations = {
  linear: v => v,
  relu: v => v <= 0 ? 0 : v,
  leaky_relu: v => v > 0 ? v : 0.2 * v,
  sigmoid,
  tanh: Math.tanh,
  elu: v => v < 0 ? Math.expm1(v) : v,
  selu: v => 1.0507009873554805 * (v < 0 ? 1.6732632423543772 * Math.expm1(v) : v),
  softplus: v => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))),
  softsign: v => v / (1 + Math.abs(v)),
  gelu: v => v * (1 + erf(v / Math.SQRT2)) / 2,
  silu: v => v * sigmoid(v),
  swish: v => v * sigmoid(v),
};

function activated(name, x, step) {
  return name === "softmax" ? softmax(x, step.Out.at(-1)) : x.map(activations[name || "linear"]);
}

// softmax of each row of so many values.
function softmax(x, size) {
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i += size) {
    const row = x.subarray(i, i + size), most = Math.max(...row), powers = [...row].map(v => Math.exp(v - most));
    const sum = powers.reduce((a, b) => a + b);
    y.set(powers.map(v => v / sum), i);
  }
  return y;
}

// erf is accurate to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

// unpack cuts the model's values into the weights of each step, by their names. It is done at the first answer.
function unpack(model) {
  const values = new Float32Array(Uint8Array.from(atob(model.values || ""), c => c.charCodeAt(0)).buffer);
  let at = 0, weight = p => [p.Name, values.subarray(at, at += sizeOf(p.Shape))];
  return model.steps.map(step => Object.fromEntries((step.Params || []).map(weight)));
}

// forward gives the output of every step for one input.
function forward(model, input) {
  model.unpacked ||= unpack(model);
  const outputs = [];
  model.steps.forEach((step, i) => {
    const inputs = step.From.map(from => from < 0 ? input : outputs[from]);
    outputs.push(kinds[step.Kind](step, inputs, model.unpacked[i], model, input));
  });
  return outputs;
}

// predicted is what Predict makes of the last step's output: probabilities, or values.
function predicted(model, out) {
  if (model.loss === "sparse_categorical_crossentropy") return softmax(out, out.length);
  return model.loss === "binary_crossentropy" ? out.map(sigmoid) : out;
}

// From what a reader gives to the model's input, as mnistkit/text, table and picture do it.
function wordsOf(text) {
  return text.replaceAll("<br />", " ").replace(/[A-Z]/g, letter => letter.toLowerCase())
    .replace(/[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g, "").split(/[ \t\n\v\f\r]+/).filter(Boolean);
}

function inputOfText({recipe, words}, text) {
  const vocabulary = words.numbers ||= new Map(words.map((word, i) => [word, i + 2]));
  const numbers = wordsOf(text).map(word => vocabulary.get(word) || 1);
  const row = new Float32Array(recipe.length || recipe.words);
  if (!recipe.length) {
    numbers.forEach(n => row[n] = 1);
    return row;
  }
  const kept = recipe.truncating === "pre" ? numbers.slice(-row.length) : numbers.slice(0, row.length);
  row.set(kept, recipe.padding === "pre" ? row.length - kept.length : 0);
  return row;
}

function inputOfRow({features}, row) {
  return Float32Array.from(features, f => {
    const value = f.one_hot ? Number(row[f.column] === (f.value || "")) : row[f.column];
    return (value - f.mean) / f.deviation;
  });
}

// inputOfInk brings ink from 0 to 255, in rows of so many pixels, into MNIST's form: the digit in a box of 20×20
// pixels, its centre of mass in pixel 14 of 28×28.
function inputOfInk(ink, side) {
  const marks = [...ink.keys()].filter(i => ink[i] >= 128), xs = marks.map(i => i % side);
  const left = xs.reduce((a, b) => Math.min(a, b)), right = xs.reduce((a, b) => Math.max(a, b)) + 1;
  const top = Math.floor(marks[0] / side), bottom = Math.floor(marks.at(-1) / side) + 1;
  const fit = n => Math.max(1, Math.round(n * 20 / Math.max(right - left, bottom - top)));
  const width = fit(right - left), height = fit(bottom - top);
  const digit = shrunk(ink, side, [left, right, top, bottom], width, height), field = new Float32Array(28 * 28);
  const mass = digit.reduce((a, b) => a + b), strongest = Math.max(...digit);
  const start = (at, size) => {
    const centre = digit.reduce((sum, v, i) => sum + v * (at(i) + 0.5), 0) / mass;
    return Math.min(Math.max(Math.ceil(14 - centre), 0), 28 - size);
  };
  const column = i => i % width, row = i => Math.floor(i / width), x = start(column, width), y = start(row, height);
  digit.forEach((v, i) => field[(y + row(i)) * 28 + x + column(i)] = Math.floor(255 * v / strongest));
  return field;
}

// shrunk scales a part of some ink to fewer pixels.
function shrunk(ink, side, [left, right, top, bottom], width, height) {
  const columns = tents(right - left, width), rows = tents(bottom - top, height);
  return Uint8Array.from({length: width * height}, (_, k) => {
    let sum = 0;
    for (const [i, a] of rows[Math.floor(k / width)]) {
      for (const [j, b] of columns[k % width]) sum += a * b * ink[(top + i) * side + left + j];
    }
    return sum;
  });
}

// tents says of which of n pixels, and how much of each, each of fewer is made.
function tents(n, fewer) {
  const scale = n / fewer, reach = Math.max(1, scale);
  return Array.from({length: fewer}, (_, k) => {
    const centre = (k + 0.5) * scale - 0.5, weight = i => reach - Math.abs(centre - i);
    const pixels = [...Array(n).keys()].filter(i => weight(i) > 0);
    const sum = pixels.reduce((total, i) => total + weight(i), 0);
    return pixels.map(i => [i, weight(i) / sum]);
  });
}

// The page: add is an element in another.
function add(parent, tag, attributes = {}, text = "") {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.textContent = text;
  parent.append(e);
  return e;
}

// play brings a playground to life. It answers first when it is seen, or printed.
function play(place, number) {
  const model = JSON.parse(place.querySelector("script").textContent), {text, table} = model.encoder;
  const how = text ? "write a text" : table ? "move the sliders" : "draw with the mouse or a finger";
  const title = add(place, "p", {}, `The network ${model.run} itself (${model.weights}).`);
  add(title, "span", {class: "how"}, ` It computes here, on your machine: ${how}.`);
  const desk = add(place, "div", {class: "desk"}), panel = add(desk, "div"), side = add(desk, "div");
  const start = (text ? write : table ? turn : draw)(model, panel, answerer(model, side), side, number);
  place.querySelector("[role=note]").remove();
  place.addEventListener("begin", start, {once: true});
  const begin = () => place.dispatchEvent(new Event("begin"));
  new IntersectionObserver(entries => entries.some(e => e.isIntersecting) && begin()).observe(place);
  addEventListener("beforeprint", begin);
}

// answerer shows answers as bars, or as a value. The sentence waits for a pause: screen readers read it out.
function answerer(model, panel) {
  const short = v => v.toLocaleString("en", {maximumSignificantDigits: 3});
  const units = model.steps.at(-1).Out[0], classifies = model.loss.endsWith("crossentropy");
  const names = classifies ? model.classes || Array.from({length: Math.max(units, 2)}, (_, i) => String(i)) : [];
  const list = add(panel, classifies ? "ol" : "p", classifies ? {"aria-label": "Probabilities"} : {class: "value"});
  const rows = names.map(name => {
    const row = add(list, "li");
    add(row, "span", {}, name);
    return {row, bar: add(add(row, "span", {class: "bar"}), "span"), share: add(row, "span")};
  });
  const said = add(panel, "p", {class: "said", "aria-live": "polite"});
  let pause;
  return (input, about) => {
    const outputs = input && forward(model, input), out = input ? [...predicted(model, outputs.at(-1))] : [];
    const shares = units === 1 ? out.flatMap(p => [1 - p, p]) : out, best = shares.indexOf(Math.max(...shares));
    const percent = i => input ? `${(100 * shares[i]).toFixed(1)}\u00a0%` : "";
    rows.forEach(({row, bar, share}, i) => {
      row.className = i === best ? "best" : "";
      bar.style.width = input ? `${100 * shares[i]}%` : 0;
      share.textContent = percent(i);
    });
    if (!classifies && input) list.textContent = `${model.encoder.table?.target ?? "answer"}: ${short(out[0])}`;
    const words = classifies ? `${names[best]}, with ${percent(best)}` : input && short(out[0]);
    const sentence = input ? `${about} The network answers ${words}.` : about;
    clearTimeout(pause);
    said.textContent ||= sentence;
    pause = setTimeout(() => said.textContent = sentence, 300);
    return outputs;
  };
}

// paint draws values as ink.
function paint(canvas, values) {
  const low = values.reduce((a, b) => Math.min(a, b), 0), high = values.reduce((a, b) => Math.max(a, b), low + 1e-9);
  const image = new ImageData(canvas.width, canvas.height);
  values.forEach((v, i) => image.data[4 * i + 3] = 255 * (v - low) / (high - low));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// draw is a pad for pictures. Digits are brought into MNIST's form, other pictures to the model's size.
function draw(model, panel, answer, side, number) {
  const [height, width] = model.input, digits = String([height, width, model.classes]) === "28,28,0,1,2,3,4,5,6,7,8,9";
  const pad = add(panel, "canvas", {role: "img", "aria-label": "A pad", width: 16 * width, height: 16 * height});
  const pen = pad.getContext("2d", {willReadFrequently: true});
  Object.assign(pen, {lineWidth: 35, lineCap: "round", lineJoin: "round", imageSmoothingEnabled: false});
  const buttons = add(panel, "div", {class: "buttons"}), clear = add(buttons, "button", {type: "button"}, "Clear");
  const cross = add(buttons, "button", {type: "button"}, digits ? "Not a digit" : "None of these");
  const maps = add(side, "div", {class: "maps"}), conv = model.steps.findIndex(step => step.Kind === "Conv2D");
  const map = (name, [height, width]) => {
    const box = add(maps, "figure"), canvas = add(box, "canvas", {role: "img", "aria-label": name, width, height});
    add(box, "figcaption", {}, name);
    return canvas;
  };
  const seen = map("input", model.input), {Out: shape = [0, 0, 0]} = model.steps[conv] || {}, depth = shape[2];
  const filters = Array.from({length: Math.min(depth, 16)}, (_, f) => map(`filter ${f + 1}`, shape));

  const show = (input, about) => {
    const outputs = answer(input, about);
    paint(seen, input || new Float32Array(width * height));
    filters.forEach((canvas, f) => paint(canvas, outputs ? outputs[conv].filter((_, i) => i % depth === f) : []));
  };
  const look = about => {
    const {width: w, height: h} = pad, ink = pen.getImageData(0, 0, w, h).data.filter((_, i) => i % 4 === 3);
    const input = digits ? inputOfInk(ink, w) : shrunk(ink, w, [0, w, 0, h], width, height);
    show(Float32Array.from(input, v => model.bytes ? v : v / 255), about);
  };
  let frame, last, own;
  const wipe = () => {
    cancelAnimationFrame(frame);
    pen.clearRect(0, 0, pad.width, pad.height);
    panel.querySelectorAll("input").forEach(radio => radio.checked = false);
    own = true;
    show(null, "");
  };
  pad.onpointerdown = e => {
    if (!own) wipe();
    pad.setPointerCapture(e.pointerId);
    last = null;
    pad.onpointermove(e);
  };
  pad.onpointermove = e => {
    if (!pad.hasPointerCapture(e.pointerId)) return;
    const at = [e.offsetX * pad.width / pad.clientWidth, e.offsetY * pad.height / pad.clientHeight];
    pen.stroke(new Path2D(`M${last || at}L${at}l.1 0`));
    last = at;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => look(""));
  };
  clear.onclick = wipe;
  cross.onclick = () => {
    wipe();
    const near = pad.width / 4, far = 3 * near;
    pen.stroke(new Path2D(`M${[near, near]}L${[far, far]}M${[far, near]}L${[near, far]}`));
    look("This is a cross, but the network can only choose among its classes.");
    own = false;
  };
  const box = add(panel, "fieldset");
  add(box, "legend", {}, "Or a test image");
  const choices = (model.examples || []).map((input, i) => {
    const label = add(box, "label"), radio = add(label, "input", {type: "radio", name: `example-${number}`});
    const small = add(label, "canvas", {role: "img", "aria-label": `labelled ${model.labels[i]}`, width, height});
    paint(small, input);
    return radio.onchange = () => {
      wipe();
      radio.checked = true;
      pen.drawImage(small, 0, 0, pad.width, pad.height);
      show(Float32Array.from(input), `The label is ${model.labels[i]}.`);
      own = false;
    };
  });
  return choices[0] || wipe;
}

// write is a box for a text.
function write({encoder: {text}}, panel, answer) {
  const label = add(panel, "label", {}, "Write a text"), unknown = add(panel, "p");
  const box = add(label, "textarea", {rows: 4, spellcheck: "false"}, "The film was not bad at all.");
  return box.oninput = () => {
    const words = wordsOf(box.value), strange = words.filter(word => !text.words.includes(word));
    answer(words.length ? inputOfText(text, box.value) : null, words.length ? "" : "There are no words.");
    unknown.textContent = strange.length ? `Not in its vocabulary: ${strange.join(", ")}.` : "";
  };
}

// turn is a slider for each column of numbers, from the least to the largest of the test, and a choice for the others.
function turn(model, panel, answer) {
  const {table} = model.encoder, controls = {}, examples = model.examples || [];
  const values = (f, k) => examples.map(row => Number((row[k] * f.deviation + f.mean).toPrecision(6)));
  const rows = add(add(panel, "label", {}, "Test row"), "select");
  examples.forEach((_, i) => add(rows, "option", {value: i}, `row ${i + 1}: ${table.target} ${model.labels[i]}`));
  table.features.forEach((f, k) => {
    const label = controls[f.column] ? null : add(panel, "label", {}, f.column);
    if (f.one_hot) {
      add(controls[f.column] ||= add(label, "select"), "option", {value: f.value || ""}, f.value);
      return;
    }
    const all = examples.length ? values(f, k) : [f.mean - 3 * f.deviation, f.mean + 3 * f.deviation];
    const min = Math.min(...all), max = Math.max(...all), fine = 10 ** Math.floor(Math.log10((max - min) / 100 || 1));
    controls[f.column] = add(label, "input", {type: "range", min, max, step: all.every(Number.isInteger) ? 1 : fine});
    add(label, "output");
  });
  const look = about => {
    const row = {};
    for (const [column, control] of Object.entries(controls)) {
      row[column] = control.type === "range" ? control.exact ?? Number(control.value) : control.value;
      if (control.type === "range") control.nextSibling.textContent = row[column];
    }
    answer(inputOfRow(table, row), about);
  };
  const choose = () => {
    table.features.forEach((f, k) => {
      const value = values(f, k)[rows.value];
      if (!f.one_hot) controls[f.column].value = controls[f.column].exact = value; // between two of its steps perhaps
      else if (value > 0.5) controls[f.column].value = f.value;
    });
    look(`In this row ${table.target} is ${model.labels[rows.value]}.`);
  };
  panel.oninput = e => {
    delete e.target.exact;
    e.target === rows ? choose() : look("");
  };
  return () => examples.length ? choose() : look("");
}

document.querySelectorAll(".playground:has(script)").forEach(play);
