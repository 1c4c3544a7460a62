//! What the databases of a bank look like.

use anyhow::{Context, Result};
use database::{
    migrations::Database,
    schema::{Description, describe, schemas},
};
use sqlx::{Connection, PgConnection};

use super::{connection::connect, databases::Pair};

/// The texts of the files in `migrations/expected/`, by name, from the databases of a bank without rows.
pub async fn descriptions(pair: &Pair) -> Result<Vec<(&'static str, String)>> {
    let mut texts = Vec::new();
    for (name, url, database) in [
        ("log", pair.log.superuser_url(), Database::Log),
        ("views", pair.views.superuser_url(), Database::Views),
        ("vault", pair.vault.superuser_url(), Database::Vault),
    ] {
        let mut connection = connect(&url).await?;
        let description = describe(&mut connection, &schemas(database)).await.context("cannot describe a database")?;
        texts.push((name, description.only(|name| !name.starts_with("live.")).render()));
        if database == Database::Views {
            let generations = generations(&mut connection).await?;
            texts.push(("generations", description.only(|name| name.starts_with("live.")).and(generations).render()));
        }
        connection.close().await.context("cannot close the connection")?;
    }
    // Their definitions name the first generation too.
    Ok(texts.into_iter().map(|(name, text)| (name, text.replace("_g1.", "_g."))).collect())
}

/// The tables of the first generation of every view.
async fn generations(connection: &mut PgConnection) -> Result<Description> {
    let schemas: Vec<String> =
        sqlx::query_scalar("select schema_name from registry.generations where generation = 1 order by view")
            .fetch_all(&mut *connection)
            .await
            .context("cannot ask which generations there are")?;
    let all = describe(connection, &schemas).await.context("cannot describe the generations")?;
    Ok(all.only(|name| schemas.iter().any(|schema| name.starts_with(&format!("{schema}.")))))
}
