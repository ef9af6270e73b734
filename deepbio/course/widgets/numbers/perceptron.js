// Rosenblatt's perceptron (1958): one point after the other; after a mistake, add the point times its class to the weights.

// Inputs of a point [x1, x2]; with `product` also x1 * x2, which makes XOR separable.
function perceptronInputs(x, product) { return product ? [x[0], x[1], x[0] * x[1]] : [x[0], x[1]]; }

function perceptronScore(state, x) {
  return perceptronInputs(x, state.product).reduce((sum, v, i) => sum + state.w[i] * v, state.b);
}

function perceptronStart(product) {
  return { product, w: product ? [0, 0, 0] : [0, 0], b: 0, next: 0, updates: 0, epoch: 0, mistakes: 0, history: [], seen: {}, verdict: "", cycle: null };
}

// Present the next point {x, y} with y = 1 or -1 and return the new state. `verdict` becomes "converged" after a pass without a
// mistake, and "cycle" if the weights at the end of a pass are those of an earlier one: then the same passes follow for ever.
function perceptronStep(state, points) {
  if (state.verdict || !points.length) return state;
  const { x, y } = points[state.next], wrong = y * perceptronScore(state, x) <= 0;
  const after = { ...state, next: state.next + 1 };
  if (state.next === 0 && state.epoch === 0) after.seen = { [String([...state.w, state.b])]: 0 };
  if (wrong) {
    after.w = perceptronInputs(x, state.product).map((v, i) => state.w[i] + y * v);
    after.b = state.b + y;
    after.updates += 1;
    after.mistakes += 1;
  }
  if (after.next < points.length) return after;
  after.next = 0;
  after.epoch += 1;
  after.history = [...state.history, after.mistakes];
  const key = String([...after.w, after.b]);
  if (after.mistakes === 0) after.verdict = "converged";
  else if (key in after.seen) {
    after.verdict = "cycle";
    after.cycle = [after.seen[key], after.epoch];
  }
  after.seen = { ...after.seen, [key]: after.epoch };
  after.mistakes = 0;
  return after;
}

function perceptronErrors(state, points) { return points.filter(p => p.y * perceptronScore(state, p.x) <= 0).length; }
