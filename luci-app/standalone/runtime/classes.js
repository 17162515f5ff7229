// What 'require NAME' brings: an instance, the promise of one or, of those
// that are part of the runtime, the class itself.
export const classes = {};
