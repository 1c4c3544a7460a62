//! The place of the archive: a folder or a bucket. Whatever is written there is new; nothing is ever written over.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem,
    path::Path,
};
use url::Url;

use super::{error::ArchiveError, http::Connector};

/// Where the archive is.
#[derive(Clone, Default, clap::Args)]
pub struct Place {
    /// Where the archive is: `file:///folder` or `s3://bucket/prefix`; S3 takes its key and region from the usual AWS_* variables
    #[arg(id = "archive_url", long = "archive-url", env = "JANGBU_ARCHIVE_URL", value_name = "URL")]
    #[arg(hide_env_values = true, hide_short_help = true, global = true)]
    url: Option<String>,

    /// The address of an S3-compatible server, where it is not Amazon's (`http://host:port`)
    #[arg(id = "archive_s3_endpoint", long = "archive-s3-endpoint", env = "JANGBU_ARCHIVE_S3_ENDPOINT")]
    #[arg(value_name = "URL", hide_env_values = true, hide_short_help = true, global = true)]
    s3_endpoint: Option<String>,
}

/// A URL may hold secrets.
impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("is_given", &self.is_given()).finish_non_exhaustive()
    }
}

impl Place {
    /// The place of a URL, and the S3-compatible server it is on, where it is not Amazon's.
    pub fn new(url: impl Into<String>, s3_endpoint: Option<String>) -> Self {
        Self { url: Some(url.into()), s3_endpoint }
    }

    /// Whether one is named.
    pub fn is_given(&self) -> bool {
        self.url.as_deref().is_some_and(|url| !url.is_empty())
    }

    /// Opens it. A folder is made if it is to be written to and is not there.
    pub fn open(&self, write: bool) -> Result<Store, ArchiveError> {
        let wrong = |source: Option<url::ParseError>| ArchiveError::Place(source.map(Into::into));
        let url = self.url.as_deref().filter(|url| !url.is_empty()).ok_or(ArchiveError::Unset)?;
        let url: Url = url.parse().map_err(|e| wrong(Some(e)))?;
        let (inner, root): (Arc<dyn ObjectStore>, Path) = match (url.scheme(), url.host_str()) {
            ("file", None) => (Arc::new(folder(&url, write)?), Path::default()),
            ("s3", Some(bucket)) => {
                let root = Path::from_url_path(url.path()).map_err(|e| ArchiveError::Place(Some(e.into())))?;
                (Arc::new(self.bucket(bucket, &url)?), root)
            }
            _ => return Err(wrong(None)),
        };
        Ok(Store { inner, root, shown: shown(&url) })
    }

    fn bucket(&self, bucket: &str, url: &Url) -> Result<object_store::aws::AmazonS3, ArchiveError> {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_http_connector(Connector);
        if let Some(endpoint) = self.s3_endpoint.as_ref().filter(|endpoint| !endpoint.is_empty()) {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        builder.build().map_err(|source| ArchiveError::Store {
            doing: "opening the bucket",
            at: shown(url),
            source: source.into(),
        })
    }
}

fn folder(url: &Url, write: bool) -> Result<LocalFileSystem, ArchiveError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| ArchiveError::Store {
        doing: "opening the folder",
        at: shown(url),
        source,
    };
    let path = url.to_file_path().map_err(|()| ArchiveError::Place(None))?;
    if write {
        std::fs::create_dir_all(&path).map_err(|e| failed(e.into()))?;
    }
    // What is named in a manifest must be on the disk by then.
    Ok(LocalFileSystem::new_with_prefix(&path).map_err(|e| failed(e.into()))?.with_fsync(true))
}

fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // It cannot fail on a URL with a host; one without has no password to hide.
    let _ = url.set_password(None);
    url.set_query(None);
    url.into()
}

/// An archive's place, open.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    root: Path,
    shown: String,
}

impl Store {
    /// Where it is, without secrets.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Writes a file if there is none of that name; answers whether there was none. Two who write the same name at once
    /// are distinguished by the store itself.
    pub async fn put_new(&self, path: &str, bytes: Vec<u8>) -> Result<bool, ArchiveError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.inner.put_opts(&self.path(path), PutPayload::from(bytes), options).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(source) => Err(self.failed("writing a file", source)),
        }
    }

    /// The whole of a file; nothing, if it is not there.
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>, ArchiveError> {
        let read = async { self.inner.get(&self.path(path)).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.failed("reading a file", source)),
        }
    }

    /// The names under a folder, without the folder's, in order.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>, ArchiveError> {
        let folder = self.path(folder);
        let found: Vec<_> =
            self.inner.list(Some(&folder)).try_collect().await.map_err(|e| self.failed("listing", e))?;
        let names = found.iter().filter_map(|meta| {
            let parts: Vec<_> = meta.location.prefix_match(&folder)?.map(|part| part.as_ref().to_owned()).collect();
            Some(parts.join("/"))
        });
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The folders directly under the root.
    pub async fn folders(&self) -> Result<Vec<String>, ArchiveError> {
        let root = (!self.root.as_ref().is_empty()).then_some(&self.root);
        let listed = self.inner.list_with_delimiter(root).await.map_err(|e| self.failed("listing", e))?;
        Ok(listed.common_prefixes.iter().filter_map(|p| p.filename().map(str::to_owned)).collect())
    }

    fn path(&self, path: &str) -> Path {
        self.root.parts().chain(Path::from(path).parts()).collect()
    }

    fn failed(&self, doing: &'static str, source: Error) -> ArchiveError {
        ArchiveError::Store { doing, at: self.shown.clone(), source: source.into() }
    }
}
