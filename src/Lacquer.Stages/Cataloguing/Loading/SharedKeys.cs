using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Entities whose ids begin alike. Whole ids are 80 bits of a digest, so no two should be the same; but links to them are for good.</summary>
internal sealed class SharedKeys
{
    private readonly List<(string Entity, uint One, uint Other)> _pairs = [];

    /// <summary>Notes the pairs of a look-up that share a key.</summary>
    /// <param name="entity">Their table.</param>
    /// <param name="pairs">In order.</param>
    public void Add(string entity, SortedPairs pairs)
    {
        for (var i = 1; i < pairs.Count; i++)
            for (var j = i - 1; j >= 0 && pairs.Keys[j] == pairs.Keys[i]; j--)
                if (pairs.Values[j] != pairs.Values[i])
                    _pairs.Add((entity, pairs.Values[j], pairs.Values[i]));
    }

    /// <summary>Compares the whole ids.</summary>
    /// <param name="catalogue">The database, written.</param>
    /// <exception cref="InvalidOperationException">Two entities have one id.</exception>
    public void Check(string catalogue)
    {
        using var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = catalogue, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        database.Open();
        foreach (var entity in _pairs.GroupBy(pair => pair.Entity))
        {
            using var same = database.CreateCommand();
            same.CommandText = $"SELECT 1 FROM {entity.Key} a, {entity.Key} b WHERE a.id = $1 AND b.id = $2 AND a.eid = b.eid";
            var one = same.Parameters.Add("$1", SqliteType.Integer);
            var other = same.Parameters.Add("$2", SqliteType.Integer);
            same.Prepare();
            foreach (var pair in entity)
            {
                (one.Value, other.Value) = (pair.One, pair.Other);
                if (same.ExecuteScalar() is not null)
                    throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{entity.Key} {pair.One} and {pair.Other} have one id"));
            }
        }
    }
}
