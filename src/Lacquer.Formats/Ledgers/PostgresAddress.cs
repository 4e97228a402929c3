using System.Globalization;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Ledgers;

/// <summary>Where a PostgreSQL database is: <c>postgres://USER@HOST:PORT/DATABASE</c>, with <c>?host=/FOLDER</c> for a Unix socket and <c>?sslmode=</c> as libpq has it. Never with a password.</summary>
/// <param name="Host">Host, or the folder of a Unix socket.</param>
/// <param name="Port">Port.</param>
/// <param name="User">User; "" for whoever the environment names.</param>
/// <param name="Database">Database.</param>
/// <param name="SslMode">libpq's <c>sslmode</c>; "" where nothing is said.</param>
/// <param name="Text">The address as it was given.</param>
public sealed record PostgresAddress(string Host, int Port, string User, string Database, string SslMode, string Text)
{
    private static readonly string[] SslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    /// <summary>Whether a ledger's place is such an address, right or wrong.</summary>
    public static bool Is(string place) => place.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || place.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an address.</summary>
    /// <exception cref="LacquerException">It is none, or has a password in it. The message does not repeat it then.</exception>
    public static PostgresAddress Parse(string text)
    {
        if (!Is(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri))
            throw Bad("not an address");
        if (uri.UserInfo.Contains(':', StringComparison.Ordinal) || uri.Query.Contains("password", StringComparison.OrdinalIgnoreCase))
            throw new LacquerException(Failure.Usage, "the address of the ledger's database has a password in it, which command lines, files and logs would show", "leave it out, and give it in PGPASSWORD or in ~/.pgpass");
        var (host, sslMode) = (uri.Host, "");
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (left, Uri.UnescapeDataString(right)) : (pair, "");
            switch (name)
            {
                case "host" when value.StartsWith('/'): host = value; break;
                case "sslmode" when SslModes.Contains(value): sslMode = value; break;
                default: throw Bad($"'{name}' in it is not known or has no such value");
            }
        }

        var database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        if (database.Length == 0 || database.Contains('/', StringComparison.Ordinal) || host.Length == 0)
            throw Bad("it lacks a host or a database");
        return new PostgresAddress(host, uri.Port > 0 ? uri.Port : 5432, Uri.UnescapeDataString(uri.UserInfo), database, sslMode, text);
    }

    private static LacquerException Bad(string why) => new(Failure.Usage, string.Create(CultureInfo.InvariantCulture, $"the address of the ledger's database cannot be used: {why}"), "write it as postgres://USER@HOST:5432/DATABASE, or postgres://USER@localhost/DATABASE?host=/FOLDER for a Unix socket");
}
