// Surfaces of two weights with their gradients, and the update rules of Keras's SGD, SGD with momentum, and Adam.

const SURFACES = {
  bowl: { // curvatures 1 and 10: gradient descent diverges from a learning rate of 2 / 10
    f: (x, y) => (x * x + 10 * y * y) / 2, g: (x, y) => [x, 10 * y], x: [-4, 4], y: [-3, 3], start: [-3.5, 1.8], limit: 0.2,
  },
  valley: { // Rosenbrock's function (1960), a tenth of it
    f: (x, y) => ((1 - x) ** 2 + 20 * (y - x * x) ** 2) / 10, g: (x, y) => [(-2 * (1 - x) - 80 * x * (y - x * x)) / 10, 4 * (y - x * x)],
    x: [-2.2, 2.2], y: [-0.9, 2.4], start: [-1.6, 2],
  },
  minima: { // two minima, of which the left one is deeper
    f: (x, y) => (x * x - 1) ** 2 + 0.3 * x + y * y, g: (x, y) => [4 * x * (x * x - 1) + 0.3, 2 * y], x: [-2, 2], y: [-1.5, 1.5], start: [1.7, 1.2],
  },
  saddle: { // flat at the origin: down along one weight, up along the other
    f: (x, y) => x ** 4 / 4 - x * x / 2 + y * y, g: (x, y) => [x ** 3 - x, 2 * y], x: [-2, 2], y: [-1.5, 1.5], start: [0.001, 1.3],
  },
};

function descentStart(point) { return { point: [...point], velocity: [0, 0], first: [0, 0], second: [0, 0], step: 0 }; }

function descentStep(method, state, gradient, settings) {
  const g = gradient(...state.point), rate = settings.rate, step = state.step + 1;
  if (method === "momentum") { // velocity = momentum * velocity - rate * gradient
    const velocity = state.velocity.map((v, i) => settings.momentum * v - rate * g[i]);
    return { ...state, step, velocity, point: state.point.map((p, i) => p + velocity[i]) };
  }
  if (method === "adam") { // Kingma, Ba 2015, arXiv:1412.6980, in the form of its section 2 that Keras uses
    const [b1, b2, tiny] = [0.9, 0.999, 1e-7], alpha = rate * Math.sqrt(1 - b2 ** step) / (1 - b1 ** step);
    const first = state.first.map((m, i) => m + (g[i] - m) * (1 - b1));
    const second = state.second.map((v, i) => v + (g[i] * g[i] - v) * (1 - b2));
    return { ...state, step, first, second, point: state.point.map((p, i) => p - alpha * first[i] / (Math.sqrt(second[i]) + tiny)) };
  }
  return { ...state, step, point: state.point.map((p, i) => p - rate * g[i]) };
}
