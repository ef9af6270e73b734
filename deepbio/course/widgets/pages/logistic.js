const widget = (() => {
  const { x, y } = data, n = x.length, limitW = [-4, 10], limitB = [-6, 6], best = logisticMaximum(x, y);
  let w = 1, b = 0, steps = 0, trail = [], anchor = null;
  const curve = stage.canvas("curve", 0.78, drawCurve), surface = stage.canvas("surface", 0.78, drawSurface);
  const at = stage.axes(curve, [-2.4, 4], [-0.12, 1.12], [34, 10, 10, 40]);
  const pad = [30, 22, 12, 40], on = stage.axes(surface, limitW, limitB, pad);
  const clamp = (v, [low, high]) => Math.max(low, Math.min(high, v));
  const format = v => stage.number(v, 2);
  const setW = stage.slider("w", format, v => moved(v, b)), setB = stage.slider("b", format, v => moved(w, v));
  const rate = stage.slider("rate", format, () => {});
  const run = stage.runner("run", climb, show, 90);
  stage.button("step", () => { run.stop(); climb(); show(); });
  stage.button("maximum", () => { moved(...best); });
  stage.button("reset", () => { moved(1, 0); });

  function moved(newW, newB) {
    run.stop();
    [w, b, steps, trail] = [clamp(newW, limitW), clamp(newB, limitB), 0, []];
    show();
  }
  function climb() {
    const [dw, db] = logisticGradient(w, b, x, y);
    trail.push([w, b]);
    if (trail.length > 300) trail.shift();
    w += rate() * dw;
    b += rate() * db;
    steps += 1;
    return Math.hypot(dw, db) > 1e-4 && steps < 2000;
  }

  stage.pointer(curve, (px, py) => { anchor = { px, py, w, b }; }, (px, py) => {
    const slope = clamp(anchor.w * 1 + (anchor.py - py) / 30, limitW), middle = -anchor.b / (Math.abs(anchor.w) < 0.2 ? 0.2 : anchor.w);
    const shifted = middle + (px - anchor.px) / curve.width * 6.4;
    moved(slope, Math.abs(anchor.py - py) < 4 || Math.abs(slope) > 0.2 ? -shifted * slope : b);
  });
  const nudge = (dw, db) => large => moved(w + dw * (large ? 5 : 1), b + db * (large ? 5 : 1));
  stage.keys(curve, { ArrowLeft: nudge(0, 0.1), ArrowRight: nudge(0, -0.1), ArrowUp: nudge(0.1, 0), ArrowDown: nudge(-0.1, 0) });
  const drop = (px, py) => { const [newW, newB] = on.back(px, py); moved(newW, newB); };
  stage.pointer(surface, drop, drop);
  stage.keys(surface, { ArrowLeft: nudge(-0.1, 0), ArrowRight: nudge(0.1, 0), ArrowUp: nudge(0, 0.1), ArrowDown: nudge(0, -0.1) });

  function show() {
    const value = logLikelihood(w, b, x, y), top = logLikelihood(...best, x, y), [dw, db] = logisticGradient(w, b, x, y);
    setW(w);
    setB(b);
    const right = x.filter((v, i) => (w * v + b > 0) === (y[i] === 1)).length;
    stage.show("likelihood", stage.number(Math.exp(value), 3));
    stage.show("log-likelihood", stage.number(value, 3));
    stage.show("right", `${right} of ${n}`);
    stage.show("gradient", `${stage.number(dw, 2)}, ${stage.number(db, 2)}`);
    stage.show("loss", stage.number(-value / n, 3));
    stage.show("steps", steps);
    const gap = top - value;
    if (gap < 1e-3) stage.verdict(`This is the maximum: no other pair of weights makes these ${n} diagnoses more probable.`, "good");
    else stage.verdict(`The best weights make the diagnoses ${gap > 14 ? "over a million" : stage.number(Math.exp(gap), gap > 3 ? 0 : 2)} times as probable as these.`, gap > 14 ? "bad" : "");
    curve.redraw();
    surface.redraw();
  }

  function drawCurve(context) {
    at.grid(context, [-2, -1, 0, 1, 2, 3], [0, 0.5, 1], "mean radius, standardized", "");
    context.save();
    at.clip(context);
    x.forEach((v, i) => {
      const p = sigmoid(w * v + b), tint = y[i] ? stage.colours.second : stage.colours.first;
      context.strokeStyle = context.fillStyle = tint;
      context.globalAlpha = 0.55;
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(at.x(v), at.y(y[i]));
      context.lineTo(at.x(v), at.y(p));
      context.stroke();
      context.globalAlpha = 1;
      context.beginPath();
      if (y[i]) {
        context.moveTo(at.x(v), at.y(1) - 6); context.lineTo(at.x(v) + 5.5, at.y(1) + 4); context.lineTo(at.x(v) - 5.5, at.y(1) + 4);
      } else context.arc(at.x(v), at.y(0), 4.5, 0, 7);
      context.fill();
    });
    context.strokeStyle = stage.colours.ink;
    context.lineWidth = 3;
    context.beginPath();
    for (let v = -2.4; v <= 4.001; v += 0.02) context.lineTo(at.x(v), at.y(sigmoid(w * v + b)));
    context.stroke();
    context.restore();
  }

  function drawSurface(context) {
    const top = logLikelihood(...best, x, y);
    // in bands of the square root of the gap to the maximum, so that the ridge is seen
    stage.field(surface, on, pad, "", 2, (at, bias) => ["third", 0.8 * Math.max(0, 1 - Math.floor(2 * Math.sqrt(top - logLikelihood(at, bias, x, y))) / 18)]);
    on.grid(context, [-4, -2, 0, 2, 4, 6, 8, 10], [-6, -4, -2, 0, 2, 4, 6], "weight w", "bias b");
    context.save();
    on.clip(context);
    context.strokeStyle = stage.colours.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [tw, tb] of [...trail, [w, b]]) context.lineTo(on.x(tw), on.y(tb));
    context.stroke();
    context.fillStyle = stage.colours.ink;
    context.font = "20px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText("★", on.x(best[0]), on.y(best[1]) + 7);
    context.beginPath();
    context.arc(on.x(w), on.y(b), 8, 0, 7);
    context.fillStyle = stage.colours.second;
    context.fill();
    context.lineWidth = 2.5;
    context.strokeStyle = stage.colours.paper;
    context.stroke();
    context.restore();
  }

  show();
  return { get state() { return { w, b, steps, value: logLikelihood(w, b, x, y) }; }, best };
})();
