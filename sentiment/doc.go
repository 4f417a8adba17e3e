// Package sentiment tells how a mention feels about the brand: negative,
// neutral or positive, how sure that is, which words said so and what they are
// about.
//
// It stores nothing and, unless a second opinion is configured, sends nothing:
// the model is part of the program. It assumes Russian or English text and
// treats an author's stars as evidence, not as truth. It refuses to know where
// mentions come from and who is told of them.
package sentiment
