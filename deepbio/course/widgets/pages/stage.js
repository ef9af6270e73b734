"use strict";
// What all widgets share: canvases that fit their width and theme, controls, keyboard, and a loop that respects reduced motion.
const stage = (() => {
  const get = id => document.getElementById(id);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const canvases = [];
  let colours = {};

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "panel", "well", "ink", "muted", "line", "edge", "accent", "first", "second", "third", "fourth", "zero"]) {
      colours[name] = style.getPropertyValue("--" + name).trim();
    }
  }
  readColours();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); redraw(); });

  function redraw() { for (const one of canvases) one.redraw(); }

  // A canvas as wide as its box; `ratio` is height by width. `draw(context, width, height)` works in CSS pixels.
  function canvas(id, ratio, draw) {
    const element = get(id), context = element.getContext("2d");
    const one = { element, width: 0, height: 0, redraw() {
      if (!one.width) return;
      const scale = window.devicePixelRatio || 1;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, one.width, one.height);
      draw(context, one.width, one.height);
    } };
    const fit = drawn => {
      const width = element.clientWidth, scale = window.devicePixelRatio || 1;
      if (!width || (width === one.width && element.width === Math.round(width * scale))) return;
      one.width = width;
      one.height = Math.round(width * ratio);
      element.style.height = one.height + "px";
      element.width = Math.round(width * scale);
      element.height = Math.round(one.height * scale);
      if (drawn) one.redraw();
    };
    new ResizeObserver(() => fit(true)).observe(element);
    canvases.push(one);
    fit(false); // the widget draws when all of it is there
    return one;
  }

  // Axes of data coordinates inside a canvas: `x` and `y` are [from, to], `pad` is [left, top, right, bottom] in pixels.
  function axes(one, x, y, pad) {
    const across = () => one.width - pad[0] - pad[2], down = () => one.height - pad[1] - pad[3];
    return {
      x: v => pad[0] + (v - x[0]) / (x[1] - x[0]) * across(),
      y: v => pad[1] + (y[1] - v) / (y[1] - y[0]) * down(),
      back: (px, py) => [x[0] + (px - pad[0]) / across() * (x[1] - x[0]), y[1] - (py - pad[1]) / down() * (y[1] - y[0])],
      clip: context => { context.beginPath(); context.rect(pad[0], pad[1], across(), down()); context.clip(); },
      grid(context, ticksX, ticksY, nameX, nameY) {
        context.save();
        context.font = "12px system-ui, sans-serif";
        context.lineWidth = 1;
        context.strokeStyle = colours.line;
        context.fillStyle = colours.muted;
        context.beginPath();
        for (const v of ticksX) { context.moveTo(this.x(v), pad[1]); context.lineTo(this.x(v), pad[1] + down()); }
        for (const v of ticksY) { context.moveTo(pad[0], this.y(v)); context.lineTo(pad[0] + across(), this.y(v)); }
        context.stroke();
        context.textAlign = "center";
        for (const v of ticksX) context.fillText(short(v), this.x(v), one.height - pad[3] + 15);
        context.textAlign = "right";
        for (const v of ticksY) context.fillText(short(v), pad[0] - 6, this.y(v) + 4);
        context.textAlign = "right";
        if (nameX) context.fillText(nameX, one.width - pad[2], one.height - 5);
        context.textAlign = "left";
        if (nameY) context.fillText(nameY, 6, 14);
        context.restore();
      },
    };
  }

  function short(v) { return String(Math.round(v * 1000) / 1000).replace("-", "\u2212"); }
  function number(v, digits = 3) {
    if (!Number.isFinite(v)) return Number.isNaN(v) ? "undefined" : v > 0 ? "\u221e" : "\u2212\u221e";
    const small = v !== 0 && Math.abs(v) < 1e-4, large = Math.abs(v) >= 1e6;
    if (small || large) {
      const [mantissa, power] = v.toExponential(2).split("e");
      const raised = String(Number(power)).replace(/[-0-9]/g, c => c === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[c]);
      return mantissa.replace("-", "\u2212") + " \u00d7 10" + raised;
    }
    return v.toFixed(digits).replace("-", "\u2212");
  }
  function percent(p) { return p > 0.9995 && p < 1 ? "> 99.9%" : p > 0 && p < 0.0005 ? "< 0.1%" : (100 * p).toFixed(1) + "%"; }

  function show(id, text) { const one = get(id); if (one.textContent !== String(text)) one.textContent = text; }
  function verdict(text, kind = "") {
    show("verdict", text);
    get("verdict").className = "verdict " + kind;
  }

  // A slider with its value beside it. Returns a function that reads the value or, with an argument, sets it.
  function slider(id, format, changed) {
    const input = get(id), update = () => {
      show(id + "-value", format(Number(input.value)));
      input.setAttribute("aria-valuetext", format(Number(input.value)));
    };
    input.addEventListener("input", () => { update(); changed(Number(input.value)); });
    update();
    return value => {
      if (value !== undefined) { input.value = value; update(); }
      return Number(input.value);
    };
  }
  function choice(id, changed) {
    const box = get(id);
    box.addEventListener("change", () => changed(read()));
    const read = () => box.querySelector("input:checked").value;
    return value => {
      if (value !== undefined) box.querySelector(`input[value="${value}"]`).checked = true;
      return read();
    };
  }
  function check(id, changed) { get(id).addEventListener("change", () => changed(get(id).checked)); return () => get(id).checked; }
  function button(id, pressed) { get(id).addEventListener("click", pressed); }

  // Pointer positions on a canvas in CSS pixels; `down` may return false to leave the gesture alone.
  function pointer(one, down, move) {
    const at = event => { const box = one.element.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    let active = false;
    one.element.addEventListener("pointerdown", event => {
      active = down(...at(event), event) !== false;
      if (active) one.element.setPointerCapture(event.pointerId);
    });
    one.element.addEventListener("pointermove", event => { if (active && move) move(...at(event), event); });
    for (const end of ["pointerup", "pointercancel"]) one.element.addEventListener(end, () => { active = false; });
  }
  // Clicks and taps, which leave scrolling by a finger alone.
  function clicks(one, clicked) {
    one.element.addEventListener("click", event => {
      const box = one.element.getBoundingClientRect();
      clicked(event.clientX - box.left, event.clientY - box.top);
    });
  }
  function keys(one, moves) {
    one.element.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in moves)) return;
      event.preventDefault();
      moves[event.key](event.shiftKey);
    });
  }

  // A button that runs `step` again and again until it returns false. With reduced motion it does not animate: it runs to the end.
  function runner(id, step, drawn, every = 90) {
    const element = get(id), name = element.textContent;
    let timer = 0;
    function stop() { clearTimeout(timer); timer = 0; element.textContent = name; element.setAttribute("aria-pressed", "false"); }
    function tick() {
      const more = step();
      drawn();
      if (more) timer = setTimeout(tick, every); else stop();
    }
    element.setAttribute("aria-pressed", "false");
    element.addEventListener("click", () => {
      if (timer) return stop();
      if (still.matches) {
        for (let i = 0; i < 2000 && step(); i += 1);
        return drawn();
      }
      element.textContent = "Pause";
      element.setAttribute("aria-pressed", "true");
      tick();
    });
    return { stop };
  }

  // Ten bars with names and percentages, made once and then updated.
  function bars(id, names) {
    const list = get(id);
    list.replaceChildren(...names.map(name => {
      const row = document.createElement("li");
      row.innerHTML = "<span></span><span class=\"track\"><i></i></span><span></span>";
      row.firstChild.textContent = name;
      return row;
    }));
    return (values, right) => {
      const top = values.indexOf(Math.max(...values));
      [...list.children].forEach((row, i) => {
        row.className = i === top ? right === undefined || right === i ? "top" : "top wrong" : "";
        row.querySelector("i").style.width = 100 * values[i] + "%";
        row.lastChild.textContent = percent(values[i]);
      });
    };
  }

  function rgb(name) { return [1, 3, 5].map(i => parseInt(colours[name].slice(i, i + 2), 16)); }
  function sheet(columns, rows, paint) {
    const element = document.createElement("canvas"), context = element.getContext("2d");
    [element.width, element.height] = [columns, rows];
    const image = context.createImageData(columns, rows);
    for (let i = 0; i < columns * rows; i += 1) {
      const [r, g, b, a = 255] = paint(i % columns, Math.floor(i / columns));
      image.data.set([r, g, b, a], 4 * i);
    }
    context.putImageData(image, 0, 0);
    return element;
  }

  // A picture of rows and columns of values: black to white from 0 to 1, or (`signed`) two hues from -1 to 1.
  function pixels(context, values, columns, x, y, size, signed) {
    const rows = Math.floor(values.length / columns), [zero, more, less] = [rgb("zero"), rgb("second"), rgb("first")];
    const element = sheet(columns, rows, (c, r) => {
      const v = values[r * columns + c], part = Math.min(1, Math.abs(v));
      if (!signed) return Array(3).fill(255 * Math.max(0, Math.min(1, v)));
      return zero.map((from, i) => from + part * ((v > 0 ? more : less)[i] - from));
    });
    context.imageSmoothingEnabled = false;
    context.drawImage(element, x, y, size, size * rows / columns);
  }

  // Colour the inside of axes by `paint(x, y)`, which returns the name of a colour and its strength from 0 to 1. The picture is kept
  // until `key`, the size or the theme changes.
  function field(one, map, pad, key, grain, paint) {
    const across = one.width - pad[0] - pad[2], down = one.height - pad[1] - pad[3], full = [key, across, down, colours.paper].join();
    if (one.fieldKey !== full) {
      const tints = {};
      one.field = sheet(Math.ceil(across / grain), Math.ceil(down / grain), (c, r) => {
        const [name, strength] = paint(...map.back(pad[0] + (c + 0.5) * grain, pad[1] + (r + 0.5) * grain));
        return [...(tints[name] ||= rgb(name)), 255 * strength];
      });
      one.fieldKey = full;
    }
    const context = one.element.getContext("2d");
    context.imageSmoothingEnabled = true;
    context.drawImage(one.field, pad[0], pad[1], across, down);
  }

  return { get, canvas, axes, colours, redraw, number, short, percent, show, verdict, slider, choice, check, button, pointer, clicks, keys, runner, bars, pixels, field, still };
})();
