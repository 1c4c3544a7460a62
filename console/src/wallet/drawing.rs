//! Codes as drawings: dark places on a light ground, whatever the theme is.

/// A path in a box, in units of the narrowest bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drawing {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) path: String,
}

impl Drawing {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, path: String::new() }
    }

    /// A dark box.
    pub(crate) fn add(&mut self, (x, y): (usize, usize), width: usize, height: usize) {
        self.path.push_str(&format!("M{x} {y}h{width}v{height}h-{width}z"));
    }
}
