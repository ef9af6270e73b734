const widget = (() => {
  let points = [], state = perceptronStart(false), cross = [0, 0], crossShown = false;
  const span = [-2, 2], ticks = [-2, -1, 0, 1, 2];
  const plane = stage.canvas("plane", 1, drawPlane);
  const pad = [30, 22, 12, 40], map = stage.axes(plane, span, span, pad);
  const chart = stage.canvas("history", 0.34, drawHistory);
  const classOf = stage.choice("class", () => {});
  const inputs = stage.choice("inputs", restart);
  const preset = stage.choice("preset", name => { points = (data.presets[name] || []).map(p => ({ x: [...p.x], y: p.y })); restart(); });
  const run = stage.runner("run", step, show, 80);
  stage.button("step", () => { run.stop(); step(); show(); });
  stage.button("reset", restart);
  const snap = v => Math.max(-1.875, Math.min(1.875, Math.round(v * 8) / 8));

  function restart() {
    run.stop();
    state = perceptronStart(inputs() === "product");
    show();
  }
  function step() {
    state = perceptronStep(state, points);
    return points.length > 0 && !state.verdict;
  }
  function put(x) {
    const near = points.findIndex(p => p.x[0] === x[0] && p.x[1] === x[1]);
    if (near >= 0) points.splice(near, 1); else points.push({ x, y: Number(classOf()) });
    restart();
  }
  stage.clicks(plane, (px, py) => {
    const hit = points.find(p => Math.hypot(map.x(p.x[0]) - px, map.y(p.x[1]) - py) < 16);
    crossShown = false;
    put(hit ? hit.x : map.back(px, py).map(snap));
  });
  const move = (dx, dy) => large => {
    cross = [snap(cross[0] + dx * (large ? 4 : 1)), snap(cross[1] + dy * (large ? 4 : 1))];
    crossShown = true;
    plane.redraw();
  };
  stage.keys(plane, { ArrowLeft: move(-1 / 8, 0), ArrowRight: move(1 / 8, 0), ArrowUp: move(0, 1 / 8), ArrowDown: move(0, -1 / 8),
    " ": () => put([...cross]), Enter: () => put([...cross]) });
  plane.element.addEventListener("blur", () => { crossShown = false; plane.redraw(); });

  function show() {
    const errors = perceptronErrors(state, points), n = points.length;
    stage.show("updates", state.updates);
    stage.show("epochs", state.epoch);
    stage.show("errors", `${errors} of ${n}`);
    stage.show("weights", [...state.w, state.b].map(v => stage.short(v)).join(", "));
    if (!n) stage.verdict("There are no points yet.");
    else if (state.verdict === "converged") stage.verdict(`Converged after ${state.updates} updates: a whole pass without a mistake.`, "good");
    else if (state.verdict === "cycle") {
      stage.verdict(`It never converges: after pass ${state.cycle[1]} the weights are those after pass ${state.cycle[0]} again, so the same passes follow for ever.`, "bad");
    } else if (state.updates) stage.verdict(`Pass ${state.epoch + 1}: ${state.updates} updates so far.`);
    else stage.verdict("Weights and bias are 0. Run it, or present one point.");
    plane.redraw();
    chart.redraw();
  }

  function mark(context, p, current) {
    const x = map.x(p.x[0]), y = map.y(p.x[1]);
    context.beginPath();
    if (p.y > 0) context.arc(x, y, 7, 0, 7); else {
      context.moveTo(x, y - 8.5);
      context.lineTo(x + 8, y + 6);
      context.lineTo(x - 8, y + 6);
      context.closePath();
    }
    context.fillStyle = p.y > 0 ? stage.colours.first : stage.colours.second;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = stage.colours.paper;
    context.stroke();
    if (p.y * perceptronScore(state, p.x) <= 0) {
      context.beginPath();
      context.arc(x, y, 13, 0, 7);
      context.lineWidth = 1.5;
      context.strokeStyle = stage.colours.muted;
      context.setLineDash([3, 3]);
      context.stroke();
      context.setLineDash([]);
    }
    if (current) {
      context.beginPath();
      context.arc(x, y, 17, 0, 7);
      context.lineWidth = 2;
      context.strokeStyle = stage.colours.accent;
      context.stroke();
    }
  }

  function drawPlane(context) {
    map.grid(context, ticks, ticks, "x₁", "x₂");
    context.save();
    map.clip(context);
    if (state.updates) {
      stage.field(plane, map, pad, [state.w, state.b], 2, (...x) => [perceptronScore(state, x) > 0 ? "first" : "second", 0.13]);
      boundary(context);
    }
    points.forEach((p, i) => mark(context, p, !state.verdict && state.updates && i === state.next));
    if (crossShown) {
      const [x, y] = [map.x(cross[0]), map.y(cross[1])];
      context.strokeStyle = stage.colours.ink;
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(x - 11, y); context.lineTo(x + 11, y); context.moveTo(x, y - 11); context.lineTo(x, y + 11);
      context.stroke();
    }
    context.restore();
  }
  // The score is linear in x2 for each x1, also with the product.
  function boundary(context) {
    const [w1, w2, w12 = 0] = state.w;
    context.strokeStyle = stage.colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    if (w2 === 0 && w12 === 0) {
      if (w1 !== 0) { context.moveTo(map.x(-state.b / w1), 0); context.lineTo(map.x(-state.b / w1), plane.height); }
    } else {
      let drawing = false, last = 0;
      for (let i = 0; i <= 400; i += 1) {
        const x1 = span[0] + 4 * i / 400, x2 = -(w1 * x1 + state.b) / (w2 + w12 * x1);
        if (!Number.isFinite(x2) || Math.abs(x2) > 30 || (drawing && Math.abs(x2 - last) > 20)) { drawing = false; continue; }
        if (drawing) context.lineTo(map.x(x1), map.y(x2)); else context.moveTo(map.x(x1), map.y(x2));
        drawing = true;
        last = x2;
      }
    }
    context.stroke();
  }

  function drawHistory(context, width, height) {
    const shown = state.history.slice(-40), most = Math.max(3, ...shown), step = Math.min(26, (width - 30) / Math.max(shown.length, 1));
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = stage.colours.muted;
    context.textAlign = "right";
    context.fillText(most, 20, 14);
    context.fillText("0", 20, height - 4);
    context.fillStyle = stage.colours.line;
    context.fillRect(26, height - 6, width - 30, 1);
    shown.forEach((n, i) => {
      const tall = n / most * (height - 16);
      context.fillStyle = n ? stage.colours.second : stage.colours.third;
      context.fillRect(27 + i * step, height - 6 - Math.max(tall, 3), Math.max(step - 3, 1), Math.max(tall, 3));
    });
  }

  preset("separable");
  points = data.presets.separable.map(p => ({ x: [...p.x], y: p.y }));
  show();
  return { get state() { return state; }, get points() { return points; }, at: x => [map.x(x[0]), map.y(x[1])] };
})();
