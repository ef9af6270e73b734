const widget = (() => {
  const methods = ["sgd", "momentum", "adam"], tints = { sgd: "first", momentum: "second", adam: "third" };
  const pad = [30, 22, 12, 40], lowest = { bowl: 0, valley: 0, minima: -0.3055, saddle: -0.25 };
  let name = "bowl", surface = SURFACES.bowl, start = [...surface.start], runs = {}, bands = [];
  const map = stage.canvas("map", 0.86, drawMap), chart = stage.canvas("losses", 0.42, drawLosses);
  let at = axes();
  const choose = stage.choice("surface", chosen => {
    name = chosen;
    surface = SURFACES[name];
    start = [...surface.start];
    at = axes();
    restart();
  });
  const rate = stage.slider("rate", v => stage.number(10 ** v, v < -1.5 ? 4 : 3), restart);
  const momentum = stage.slider("momentum", v => stage.number(v, 2), restart);
  const used = Object.fromEntries(methods.map(name => [name, stage.check("use-" + name, restart)]));
  const run = stage.runner("run", step, show, 60);
  stage.button("step", () => { run.stop(); step(); show(); });
  stage.button("reset", restart);
  const put = (px, py) => { start = at.back(px, py).map((v, i) => Math.round(Math.max((i ? surface.y : surface.x)[0], Math.min((i ? surface.y : surface.x)[1], v)) * 1000) / 1000); restart(); };
  stage.pointer(map, put, put);
  const nudge = (dx, dy) => large => { put(at.x(start[0]) + dx * (large ? 20 : 4), at.y(start[1]) + dy * (large ? 20 : 4)); };
  stage.keys(map, { ArrowLeft: nudge(-1, 0), ArrowRight: nudge(1, 0), ArrowUp: nudge(0, -1), ArrowDown: nudge(0, 1) });

  function axes() { return stage.axes(map, surface.x, surface.y, pad); }
  function settings() { return { rate: 10 ** rate(), momentum: momentum() }; }
  function flown(point) { return !(Math.hypot(...point) < 1e6); }
  function restart() {
    if (!used) return;
    run.stop();
    runs = {};
    for (const name of methods) if (used[name]()) runs[name] = { state: descentStart(start), path: [[...start]], losses: [surface.f(...start)] };
    show();
  }
  function step() {
    let more = false;
    for (const [name, one] of Object.entries(runs)) {
      if (flown(one.state.point) || one.state.step >= 600) continue;
      one.state = descentStep(name, one.state, surface.g, settings());
      one.path.push([...one.state.point]);
      one.losses.push(surface.f(...one.state.point));
      more = more || (!flown(one.state.point) && one.state.step < 600 && Math.hypot(...surface.g(...one.state.point)) > 1e-5);
    }
    return more;
  }

  function show() {
    const names = { sgd: "sgd", momentum: "with-momentum", adam: "adam" }, words = { sgd: "gradient descent", momentum: "momentum", adam: "Adam" };
    for (const name of methods) stage.show(names[name], runs[name] ? flown(runs[name].state.point) ? "diverged" : stage.number(runs[name].losses.at(-1), 4) : "off");
    const active = Object.entries(runs), steps = Math.max(0, ...active.map(([, one]) => one.state.step));
    stage.show("steps", steps);
    const gone = active.filter(([, one]) => flown(one.state.point) || one.losses.at(-1) > 10 * one.losses[0] + 10).map(([name]) => words[name]);
    const there = active.filter(([, one]) => Math.hypot(...surface.g(...one.state.point)) < 1e-3).map(([name]) => words[name]);
    const list = all => all.join(all.length > 2 ? ", " : " and ");
    if (!active.length) stage.verdict("Choose an optimizer.");
    else if (gone.length) stage.verdict(`Diverged: ${list(gone)}. Each step overshoots by more than the one before; the learning rate is too high here.`, "bad");
    else if (there.length) stage.verdict(`The slope has vanished for ${list(there)}.`, "good");
    else if (steps) stage.verdict(`After ${steps} steps all are on their way.`);
    else stage.verdict("Run it, or take one step.");
    map.redraw();
    chart.redraw();
  }

  function drawMap(context) {
    // fourteen bands of the logarithm of the loss above its minimum
    const scale = v => Math.log1p(8 * Math.max(0, v - lowest[name])), top = Math.max(...surface.x.flatMap(x => surface.y.map(y => scale(surface.f(x, y)))));
    stage.field(map, at, pad, name, 1, (x, y) => ["fourth", 0.7 * Math.max(0, 1 - Math.floor(14 * scale(surface.f(x, y)) / top) / 14)]);
    const ticks = ([low, high]) => Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, i) => Math.ceil(low) + i);
    at.grid(context, ticks(surface.x), ticks(surface.y), "weight x", "weight y");
    context.save();
    at.clip(context);
    for (const [method, one] of Object.entries(runs)) {
      context.strokeStyle = context.fillStyle = stage.colours[tints[method]];
      context.lineWidth = 2;
      context.beginPath();
      for (const p of one.path) context.lineTo(clampPixel(at.x(p[0])), clampPixel(at.y(p[1])));
      context.stroke();
      for (const p of one.path.slice(-60)) { context.beginPath(); context.arc(clampPixel(at.x(p[0])), clampPixel(at.y(p[1])), 2.5, 0, 7); context.fill(); }
      const last = one.path.at(-1);
      context.beginPath();
      context.arc(clampPixel(at.x(last[0])), clampPixel(at.y(last[1])), 6.5, 0, 7);
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = stage.colours.paper;
      context.stroke();
    }
    context.strokeStyle = stage.colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(at.x(start[0]), at.y(start[1]), 10, 0, 7);
    context.stroke();
    context.restore();
  }
  function clampPixel(v) { return Math.max(-5000, Math.min(5000, v)); }

  function drawLosses(context, width, height) {
    const active = Object.entries(runs), longest = Math.max(20, ...active.map(([, one]) => one.losses.length));
    const log = v => Math.max(-6, Math.min(3, Math.log10(Math.max(v - lowest[name], 1e-9))));
    const x = i => 34 + i / (longest - 1) * (width - 42), y = v => 8 + (3 - v) / 9 * (height - 16);
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "right";
    for (const v of [3, 0, -3, -6]) {
      context.fillStyle = stage.colours.line;
      context.fillRect(34, y(v), width - 42, 1);
      context.fillStyle = stage.colours.muted;
      context.fillText(v === 0 ? "1" : "10" + { 3: "³", "-3": "⁻³", "-6": "⁻⁶" }[v], 30, y(v) + 4);
    }
    for (const [method, one] of active) {
      context.strokeStyle = stage.colours[tints[method]];
      context.lineWidth = 2;
      context.beginPath();
      one.losses.forEach((v, i) => context.lineTo(x(i), y(Number.isFinite(v) ? log(v) : 3)));
      context.stroke();
    }
  }

  choose();
  restart();
  return { get runs() { return runs; }, get start() { return start; }, settings };
})();
