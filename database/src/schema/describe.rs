//! Reading what is there.

use sqlx::{Connection, PgConnection, Row};

use super::{
    description::{Description, Object},
    grant::Grant,
};

/// What is in these schemas, and who may do what there and with the database. Changes nothing.
pub async fn describe(connection: &mut PgConnection, schemas: &[String]) -> Result<Description, sqlx::Error> {
    let mut tx = connection.begin().await?;
    // Postgres writes a name without its schema where the path finds it.
    sqlx::raw_sql("set local search_path to pg_catalog").execute(&mut *tx).await?;
    let objects = sqlx::query(include_str!("objects.sql")).bind(schemas).fetch_all(&mut *tx).await?;
    let grants = sqlx::query(include_str!("grants.sql")).bind(schemas).fetch_all(&mut *tx).await?;
    let server: i32 =
        sqlx::query_scalar("select current_setting('server_version_num')::int / 10000").fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    let mut description = Description { server, ..Description::default() };
    for row in objects {
        let object = Object { kind: row.try_get("kind")?, name: row.try_get("object")? };
        let definition: String = row.try_get("definition")?;
        // Each stands on one line of a file.
        description.objects.insert(object, definition.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    for row in grants {
        description.grants.insert(Grant {
            kind: row.try_get("kind")?,
            object: row.try_get("object")?,
            privilege: row.try_get("privilege")?,
            grantee: row.try_get("grantee")?,
        });
    }
    Ok(description)
}
