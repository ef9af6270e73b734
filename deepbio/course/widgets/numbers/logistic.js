// One logistic unit p = 1 / (1 + exp(-(w x + b))) and the likelihood of observed classes y of 0 or 1.

function sigmoid(z) { return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)); }
function softplus(z) { return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))); }

function logLikelihood(w, b, x, y) {
  return x.reduce((sum, v, i) => sum - softplus((y[i] ? -1 : 1) * (w * v + b)), 0);
}

// Derivatives of the log-likelihood by w and b: sums of (observed - predicted) times x, and times 1.
function logisticGradient(w, b, x, y) {
  let dw = 0, db = 0;
  x.forEach((v, i) => {
    const left = y[i] - sigmoid(w * v + b);
    dw += left * v;
    db += left;
  });
  return [dw, db];
}

// Newton's method: the second derivatives are sums of p (1 - p) times 1, x and x squared. Steps are halved until they climb.
function logisticMaximum(x, y) {
  let w = 0, b = 0;
  for (let step = 0; step < 100; step += 1) {
    const [dw, db] = logisticGradient(w, b, x, y);
    let ww = 0, wb = 0, bb = 0;
    for (const v of x) {
      const p = sigmoid(w * v + b), s = p * (1 - p);
      ww += s * v * v;
      wb += s * v;
      bb += s;
    }
    const det = ww * bb - wb * wb;
    if (!(det > 1e-300) || Math.hypot(dw, db) < 1e-12) break;
    const moveW = (bb * dw - wb * db) / det, moveB = (ww * db - wb * dw) / det, now = logLikelihood(w, b, x, y);
    let size = 1;
    while (size > 1e-6 && logLikelihood(w + size * moveW, b + size * moveB, x, y) < now) size /= 2;
    w += size * moveW;
    b += size * moveB;
  }
  return [w, b];
}
