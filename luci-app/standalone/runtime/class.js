// LuCI's classes: baseclass.extend({…}) returns a constructor, __init__ is
// called by new, and super('name', [args]) calls what the class overrides.
export const Class = (() => {
	const active = new Map(); // object and method → prototypes whose method runs now
	let count = 0;

	const camel = name => name.replace(/(?:^|[. -])(.)/g, (all, c) => c.toUpperCase());

	const Base = Object.assign(function() {}, {
		extend(properties) {
			const own = {
				__id__: { value: count },
				__base__: { value: this.prototype },
				__name__: { value: properties.__name__ ?? 'anonymous' + count++ }
			};
			const Made = function(...args) {
				if (!(this instanceof Made))
					throw new TypeError('Constructor must not be called without "new"');
				if (!Object.getPrototypeOf(this).hasOwnProperty('__init__'))
					this.super('__init__', args);
				else if (typeof(this.__init__) != 'function')
					throw new TypeError('Class __init__ member is not a function');
				else
					this.__init__.apply(this, args);
			};

			for (const key of Object.keys(properties))
				if (!own[key])
					own[key] = { value: properties[key], writable: true };

			Made.prototype = Object.create(this.prototype, own);
			Made.prototype.constructor = Made;
			Object.assign(Made, this);
			Made.displayName = camel(own.__name__.value + 'Class');
			return Made;
		},

		singleton(properties, ...args) {
			return Base.extend(properties).instantiate(args);
		},

		instantiate(args) {
			return new this(...args);
		},

		call(self, method, ...args) {
			if (typeof(this.prototype[method]) != 'function')
				throw new ReferenceError(method + ' is not defined in class');
			return this.prototype[method].call(self, method, ...args); // as LuCI does
		},

		isSubclass(value) {
			return typeof(value) == 'function' && value.prototype instanceof this;
		}
	});

	Object.assign(Base.prototype, {
		varargs(args, offset, ...before) {
			return before.concat(Array.prototype.slice.call(args, offset));
		},

		super(key, ...args) {
			if (key == null)
				return null;

			const slot = this.__id__ + '.' + key;
			const stack = active.get(slot) ?? [];
			let proto = Object.getPrototypeOf(stack[0] ?? Object.getPrototypeOf(this));

			while (proto != null && !proto.hasOwnProperty(key))
				proto = Object.getPrototypeOf(proto);
			if (proto == null)
				return null;
			if (args.length == 0)
				return proto[key];
			if (typeof(proto[key]) != 'function')
				throw new ReferenceError(key + ' is not a function in base class');

			if (Array.isArray(args[0]) || Object.prototype.toString.call(args[0]) == '[object Arguments]')
				args = args[0];
			active.set(slot, [ proto ].concat(stack));
			try {
				return proto[key].apply(this, args);
			}
			finally {
				stack.length ? active.set(slot, stack) : active.delete(slot);
			}
		},

		toString() {
			return '[' + this.constructor.displayName + ']';
		}
	});

	return Base;
})();
