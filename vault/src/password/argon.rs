//! Argon2id (RFC 9106) in memory of its own, and the strings it is kept as.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error, Result,
        phc::{Output, ParamsString, PasswordHash as Phc, Salt},
    },
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::{Zeroize, Zeroizing};

/// One at a time, in memory that is taken once and wiped after each: the library's own calls leave it as it is.
pub(super) struct Argon {
    params: Params,
    memory: Vec<Block>,
}

impl Argon {
    pub fn new(params: Params) -> Self {
        let memory = vec![Block::default(); params.block_count()];
        Self { params, memory }
    }

    /// The hash of a password, as a PHC string with everything that is needed to verify it.
    pub fn hash(&mut self, password: &SecretString, salt: Salt) -> Result<String> {
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let argon2 = Argon2::new(algorithm, version, self.params.clone());
        let hash = self.output(&argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
        let params = ParamsString::try_from(&self.params)?;
        let (algorithm, version) = (algorithm.ident(), Some(version.into()));
        Ok(Phc { algorithm, version, params, salt: Some(salt), hash: Some(hash) }.to_string())
    }

    /// Whether a hash, made with the parameters that it names, is that of a password. Compared in constant time.
    pub fn matches(&mut self, password: &SecretString, phc: &Phc) -> Result<bool> {
        let (Some(salt), Some(hash)) = (&phc.salt, &phc.hash) else { return Ok(false) };
        let algorithm = Algorithm::try_from(phc.algorithm.as_str())?;
        let version = phc.version.map(Version::try_from).transpose()?.unwrap_or_default();
        let argon2 = Argon2::new(algorithm, version, Params::try_from(phc)?);
        Ok(self.output(&argon2, password, salt, hash.len())? == *hash)
    }

    /// Whether a hash was made with less than hashes are now.
    pub fn is_outdated(&self, phc: &Phc) -> bool {
        let Ok(made) = Params::try_from(phc) else { return true };
        made.m_cost() < self.params.m_cost()
            || made.t_cost() < self.params.t_cost()
            || made.p_cost() < self.params.p_cost()
            || phc.algorithm != Algorithm::Argon2id.ident()
            || phc.version != Some(Version::V0x13.into())
    }

    fn output(&mut self, argon2: &Argon2<'_>, password: &SecretString, salt: &Salt, length: usize) -> Result<Output> {
        let mut bytes = Zeroizing::new([0; Output::MAX_LENGTH]);
        let out = bytes.get_mut(..length).ok_or(Error::OutputSize)?;
        let blocks = argon2.params().block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::default());
        }
        let memory = &mut self.memory[..blocks];
        let hashed =
            argon2.hash_password_into_with_memory(password.expose_secret().as_bytes(), salt, out, &mut *memory);
        memory.iter_mut().for_each(Zeroize::zeroize);
        hashed?;
        Ok(Output::new(out)?)
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    fn argon(memory: u32, passes: u32, lanes: u32) -> Argon {
        Argon::new(Params::new(memory, passes, lanes, None).expect("parameters"))
    }

    /// What another program made (`argon2` of the reference implementation, with salt `somesalt`).
    const KNOWN: &str = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";

    #[test]
    fn a_hash_of_the_reference_implementation_is_verified_in_memory_that_grows() {
        let (mut argon, known) = (argon(8, 1, 1), Phc::new(KNOWN).expect("a hash"));
        for (text, matches) in [("password", true), ("Password", false), ("", false), ("password", true)] {
            assert_eq!(argon.matches(&SecretString::from(text), &known), Ok(matches), "{text:?}");
        }
    }

    #[test]
    fn it_hashes_and_verifies_as_the_library_does_and_the_memory_is_empty_afterwards() {
        let (mut argon, password) = (argon(64, 3, 2), SecretString::from("tr0ub4dor&3"));
        let salt = Salt::from_b64("c29tZXNhbHRzb21lc2FsdA").expect("a salt");
        let ours = argon.hash(&password, salt).expect("a hash");
        assert!(argon.memory.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        let library = Argon2::new(Algorithm::Argon2id, Version::V0x13, argon.params.clone());
        let theirs = library.hash_password_with_salt(b"tr0ub4dor&3", &salt).expect("a hash");
        assert_eq!(ours, theirs.to_string());
        assert!(library.verify_password(b"tr0ub4dor&3", &Phc::new(&ours).expect("a hash")).is_ok());
        assert_eq!(argon.matches(&password, &theirs), Ok(true));
    }
}
