import { Class } from './class.js';

// Poll calls functions every so many seconds, each only when its last call has
// ended.
export const Poll = Class.singleton({
	__name__: 'LuCI.poll',

	queue: [],

	add(fn, interval) {
		if (interval == null || interval <= 0)
			interval = L.env.pollinterval || null;
		if (isNaN(interval) || typeof(fn) != 'function')
			throw new TypeError('Invalid argument to LuCI.poll.add()');
		if (this.queue.some(e => e.fn === fn))
			return false;
		this.queue.push({ r: true, i: interval >>> 0, fn });
		if (this.tick != null && !this.active())
			this.start();
		return true;
	},

	remove(fn) {
		if (typeof(fn) != 'function')
			throw new TypeError('Invalid argument to LuCI.poll.remove()');

		const before = this.queue.length;

		this.queue = this.queue.filter(e => e.fn !== fn);
		if (!this.queue.length && this.stop())
			this.tick = 0;
		return this.queue.length != before;
	},

	start() {
		if (this.active())
			return false;
		this.tick = 0;
		if (this.queue.length) {
			this.timer = window.setInterval(this.step, 1000);
			this.step();
			document.dispatchEvent(new CustomEvent('poll-start'));
		}
		return true;
	},

	stop() {
		if (!this.active())
			return false;
		document.dispatchEvent(new CustomEvent('poll-stop'));
		window.clearInterval(this.timer);
		delete this.timer;
		delete this.tick;
		return true;
	},

	step() {
		for (const e of Poll.queue.slice()) {
			if (Poll.tick % e.i != 0 || !e.r)
				continue;
			e.r = false;
			Promise.resolve(e.fn()).finally(() => { e.r = true; });
		}
		Poll.tick = (Poll.tick + 1) % Math.pow(2, 32);
	},

	active() {
		return this.timer != null;
	}
});
