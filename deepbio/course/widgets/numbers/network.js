// A small trained network in plain JavaScript: its outputs, the gradient of its loss by each pixel, and attacks along that gradient.
// A layer is {kind, shape, kernel, bias}; pixels are from 0 to 1; pictures are flat arrays of rows, columns and channels.

function networkFrom(stored) {
  return { size: stored.size, layers: stored.layers.map(layer => {
    if (!layer.weights) return { kind: layer.kind };
    const bytes = Uint8Array.from(atob(layer.weights), c => c.charCodeAt(0)), all = Float64Array.from(new Float32Array(bytes.buffer));
    const count = layer.shape.reduce((a, b) => a * b);
    return { kind: layer.kind, shape: layer.shape, kernel: all.slice(0, count), bias: all.slice(count) };
  }) };
}

// For each output pixel of a 3 by 3 convolution with a border of zeros, and each input pixel that it meets:
// `visit(first input channel, first weight, first output filter)`.
function eachMeeting(layer, size, visit) {
  const [, , channels, filters] = layer.shape;
  for (let r = 0; r < size; r += 1) for (let c = 0; c < size; c += 1) for (let i = 0; i < 3; i += 1) for (let j = 0; j < 3; j += 1) {
    const row = r + i - 1, column = c + j - 1;
    if (row < 0 || row >= size || column < 0 || column >= size) continue;
    visit((row * size + column) * channels, (i * 3 + j) * channels * filters, (r * size + c) * filters);
  }
}

// For each layer what it passed on, the picture first; the last are the logits. `sizes` are the pixels per side at each layer.
function networkForward(network, picture) {
  let x = Float64Array.from(picture), size = network.size;
  const passed = [x], sizes = [size], chosen = [];
  network.layers.forEach((layer, n) => {
    if (layer.kind === "conv") {
      const filters = layer.shape[3], out = new Float64Array(size * size * filters);
      for (let i = 0; i < out.length; i += 1) out[i] = layer.bias[i % filters];
      const from = x, [, , channels] = layer.shape, kernel = layer.kernel;
      eachMeeting(layer, size, (a, w, b) => {
        for (let k = 0; k < channels; k += 1) {
          const v = from[a + k];
          if (v) for (let f = 0; f < filters; f += 1) out[b + f] += v * kernel[w + k * filters + f];
        }
      });
      x = out;
    } else if (layer.kind === "dense") {
      const [inputs, outputs] = layer.shape, out = Float64Array.from(layer.bias);
      for (let i = 0; i < inputs; i += 1) if (x[i]) for (let o = 0; o < outputs; o += 1) out[o] += x[i] * layer.kernel[i * outputs + o];
      x = out;
    } else if (layer.kind === "relu") {
      x = x.map(v => Math.max(0, v));
    } else if (layer.kind === "pool") {
      const channels = x.length / (size * size), half = size / 2, out = new Float64Array(half * half * channels), best = new Int32Array(out.length);
      for (let r = 0; r < half; r += 1) for (let c = 0; c < half; c += 1) for (let k = 0; k < channels; k += 1) {
        const to = (r * half + c) * channels + k, four = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([i, j]) => ((2 * r + i) * size + 2 * c + j) * channels + k);
        best[to] = four.reduce((a, b) => x[b] > x[a] ? b : a);
        out[to] = x[best[to]];
      }
      chosen[n] = best;
      x = out;
      size = half;
    } else if (layer.kind === "mean") {
      const channels = x.length / (size * size), out = new Float64Array(channels);
      x.forEach((v, i) => { out[i % channels] += v / (size * size); });
      x = out;
    }
    passed.push(x);
    sizes.push(size);
  });
  return { passed, sizes, chosen, logits: Array.from(x) };
}

function softmax(logits) {
  const top = Math.max(...logits), e = logits.map(v => Math.exp(v - top)), sum = e.reduce((a, b) => a + b);
  return e.map(v => v / sum);
}
function networkProbabilities(network, picture) { return softmax(networkForward(network, picture).logits); }

// Derivative of the loss -log p(label) by each pixel, by back-propagation.
function networkGradient(network, picture, label) {
  const { passed, sizes, chosen, logits } = networkForward(network, picture);
  let g = Float64Array.from(softmax(logits), (p, i) => p - (i === label ? 1 : 0));
  for (let n = network.layers.length - 1; n >= 0; n -= 1) {
    const layer = network.layers[n], x = passed[n], back = new Float64Array(x.length);
    if (layer.kind === "conv") {
      const from = g, [, , channels, filters] = layer.shape, kernel = layer.kernel;
      eachMeeting(layer, sizes[n], (a, w, b) => {
        for (let k = 0; k < channels; k += 1) {
          let sum = 0;
          for (let f = 0; f < filters; f += 1) sum += from[b + f] * kernel[w + k * filters + f];
          back[a + k] += sum;
        }
      });
    } else if (layer.kind === "dense") {
      const [inputs, outputs] = layer.shape;
      for (let i = 0; i < inputs; i += 1) for (let o = 0; o < outputs; o += 1) back[i] += g[o] * layer.kernel[i * outputs + o];
    } else if (layer.kind === "relu") {
      x.forEach((v, i) => { back[i] = v > 0 ? g[i] : 0; });
    } else if (layer.kind === "pool") {
      g.forEach((v, i) => { back[chosen[n][i]] += v; });
    } else if (layer.kind === "mean") {
      const area = sizes[n] * sizes[n];
      back.forEach((_, i) => { back[i] = g[i % g.length] / area; });
    } else {
      back.set(g);
    }
    g = back;
  }
  return Array.from(g);
}

// Change each pixel by at most `epsilon` along the sign of the gradient: one step (Goodfellow et al. 2015), or several steps of
// 2.5 epsilon / steps, each followed by a return into the budget (projected gradient descent, Madry et al. 2018).
function networkAttack(network, picture, label, epsilon, steps) {
  const size = steps === 1 ? epsilon : 2.5 * epsilon / steps;
  let x = Array.from(picture);
  for (let step = 0; step < steps && epsilon > 0; step += 1) {
    const g = networkGradient(network, x, label);
    x = x.map((v, i) => {
      const moved = v + size * Math.sign(g[i]);
      return Math.min(1, Math.max(0, Math.min(picture[i] + epsilon, Math.max(picture[i] - epsilon, moved))));
    });
  }
  return x;
}

// The digit of 8 by 8 pixels on a black square of 16 by 16, moved to the right and down from its middle.
function onCanvas(digit, right, down) {
  const out = new Array(256).fill(0);
  digit.forEach((v, i) => { out[(4 + down + Math.floor(i / 8)) * 16 + 4 + right + i % 8] = v; });
  return out;
}
