const widget = (() => {
  const names = Object.keys(data.networks), networks = {}, update = {}, maps = {}, wrong = {};
  const digits = data.digits.map(text => Array.from(atob(text), c => c.charCodeAt(0) / 255));
  const limit = Math.max(...data.shifts);
  let index = 3, right = 0, down = 0, anchor = null, route = 0;
  for (const name of names) {
    networks[name] = networkFrom(data.networks[name]);
    update[name] = stage.bars(name + "-bars", data.labels.map(String));
    maps[name] = stage.canvas(name + "-map", 0.86, (context, width, height) => drawMap(context, width, height, name));
  }
  const picture = stage.canvas("picture", 1, drawPicture);
  const digit = stage.choice("digit", value => { run.stop(); index = data.labels.indexOf(Number(value)); judgeAll(); show(); });
  const path = [];
  for (let r = 1; r <= limit; r += 1) for (let i = 0; i < 8 * r; i += 1) { // rings around the middle
    const side = Math.floor(i / (2 * r)), k = i % (2 * r) - r;
    path.push([[k, -r], [r, k], [-k, r], [-r, -k]][side]);
  }
  const run = stage.runner("run", () => {
    [right, down] = path[route];
    route = (route + 1) % path.length;
    return route !== 0;
  }, show, 220);
  const clamp = v => Math.max(-limit, Math.min(limit, v));
  const put = (r, d) => { run.stop(); route = 0; [right, down] = [clamp(r), clamp(d)]; show(); };
  const move = (dr, dd) => () => put(right + dr, down + dd);
  const moves = { left: move(-1, 0), right: move(1, 0), up: move(0, -1), down: move(0, 1) };
  for (const [id, action] of Object.entries(moves)) stage.button(id, action);
  stage.button("centre", () => put(0, 0));
  stage.keys(picture, { ArrowLeft: moves.left, ArrowRight: moves.right, ArrowUp: moves.up, ArrowDown: moves.down, Home: () => put(0, 0) });
  stage.pointer(picture, (px, py) => { anchor = [px, py, right, down]; }, (px, py) => {
    const cell = picture.width / 16, r = clamp(anchor[2] + Math.round((px - anchor[0]) / cell)), d = clamp(anchor[3] + Math.round((py - anchor[1]) / cell));
    if (r !== right || d !== down) put(r, d);
  });

  function named(name, r, d) {
    const p = networkProbabilities(networks[name], onCanvas(digits[index], r, d));
    return { p, label: p.indexOf(Math.max(...p)) };
  }
  function judgeAll() {
    for (const name of names) wrong[name] = data.shifts.map(d => data.shifts.map(r => named(name, r, d).label !== data.labels[index]));
  }
  function show() {
    const correct = [], titles = { mlp: "the MLP", mlp_augmented: "the augmented MLP", cnn: "the CNN" };
    for (const name of names) {
      const { p, label } = named(name, right, down), ok = label === data.labels[index];
      if (ok) correct.push(titles[name]);
      update[name](p, data.labels[index]);
      const line = stage.get(name + "-named");
      line.querySelector("b").textContent = ok ? label : `${label} \u2717`;
      line.querySelector("b").className = ok ? "third" : "second";
      line.querySelector("span").textContent = stage.percent(p[label]);
      const accuracy = data.accuracy[name][data.shifts.indexOf(down)][data.shifts.indexOf(right)];
      stage.show(name + "-accuracy", `Accuracy at this shift: ${(100 * accuracy).toFixed(1)}%; in the middle: ${(100 * data.accuracy[name][limit][limit]).toFixed(1)}%.`);
      maps[name].redraw();
    }
    const where = right || down ? `Shifted by ${[right && `${Math.abs(right)} to the ${right > 0 ? "right" : "left"}`, down && `${Math.abs(down)} ${down > 0 ? "down" : "up"}`].filter(Boolean).join(" and ")}` : "In the middle";
    stage.verdict(`${where}: ${correct.length ? `named correctly by ${correct.join(correct.length > 2 ? ", " : " and ")}` : "nobody names it correctly"}.`, correct.length === 3 ? "good" : correct.length ? "" : "bad");
    picture.redraw();
  }
  function drawPicture(context, width) {
    stage.pixels(context, onCanvas(digits[index], right, down), 16, 0, 0, width);
    context.strokeStyle = stage.colours.second;
    context.lineWidth = 1.5;
    context.setLineDash([4, 4]);
    context.strokeRect((4 + right) * width / 16, (4 + down) * width / 16, width / 2, width / 2);
    context.setLineDash([]);
  }
  function drawMap(context, width, height, name) {
    if (!wrong[name]) return;
    const n = data.shifts.length, cell = Math.floor((height - 22) / n), left = Math.round((width - cell * n) / 2), top = 2;
    data.shifts.forEach((d, i) => data.shifts.forEach((r, j) => {
      const x = left + j * cell, y = top + i * cell, accuracy = data.accuracy[name][i][j];
      context.fillStyle = stage.colours.well;
      context.fillRect(x, y, cell - 1, cell - 1);
      context.globalAlpha = accuracy * accuracy;
      context.fillStyle = stage.colours.third;
      context.fillRect(x, y, cell - 1, cell - 1);
      context.globalAlpha = 1;
      if (wrong[name][i][j]) {
        const q = cell * 0.32;
        context.strokeStyle = stage.colours.ink;
        context.lineWidth = 1.4;
        context.beginPath();
        context.moveTo(x + q, y + q); context.lineTo(x + cell - 1 - q, y + cell - 1 - q);
        context.moveTo(x + cell - 1 - q, y + q); context.lineTo(x + q, y + cell - 1 - q);
        context.stroke();
      }
      if (r === right && d === down) {
        context.strokeStyle = stage.colours.second;
        context.lineWidth = 3;
        context.strokeRect(x + 0.5, y + 0.5, cell - 2, cell - 2);
      }
    }));
    context.fillStyle = stage.colours.muted;
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    for (const r of [-limit, 0, limit]) context.fillText(stage.short(r), left + (r + limit + 0.5) * cell, height - 5);
  }

  digit();
  judgeAll();
  show();
  return { networks, digits, get state() { return { index, right, down }; }, named };
})();
