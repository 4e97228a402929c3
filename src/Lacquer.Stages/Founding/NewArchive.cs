using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Founding;

/// <summary>What to found.</summary>
/// <param name="Archive">The folder; made where it is not there.</param>
/// <param name="Name">Short name, <c>[a-z0-9-]</c>; null: from the folder's name.</param>
/// <param name="Title">What people call it; null: the name.</param>
/// <param name="Ledger">The address of an empty PostgreSQL database for its ledger; null: a file in the archive.</param>
/// <param name="Objects">Where its objects lie, <c>s3://BUCKET/PREFIX</c>; null: in the folder.</param>
/// <param name="Endpoint">Address of the store that the bucket is in; null: AWS.</param>
public sealed record NewArchiveRequest(string Archive, string? Name = null, string? Title = null, string? Ledger = null, string? Objects = null, string? Endpoint = null);

/// <summary>What was founded.</summary>
/// <param name="Archive">The folder, absolute.</param>
/// <param name="Name">The short name.</param>
/// <param name="PublicKey">The signing key's public half, as <c>minisign -P</c> takes it.</param>
/// <param name="IsNew">Whether it was founded now.</param>
public sealed record NewArchiveReport(string Archive, string Name, string PublicKey, bool IsNew);

/// <summary>
/// Makes an archive: a commented <c>lacquer.toml</c>, an empty ledger, a signing key that only its owner can read. What is there already is left as it is, so a killed run is finished by the next.
/// </summary>
public static class NewArchive
{
    /// <summary>Founds.</summary>
    /// <exception cref="LacquerException">The folder holds something else, or the name cannot be.</exception>
    public static NewArchiveReport Run(NewArchiveRequest request)
    {
        var layout = new ArchiveLayout(request.Archive);
        var isNew = !File.Exists(layout.Configuration);
        if (isNew && Directory.Exists(layout.Root) && Directory.EnumerateFileSystemEntries(layout.Root).Any(e => !IsOurs(layout, e)))
            throw new LacquerException(Failure.Usage, $"{layout.Root} is not empty and not an archive", "name an empty or a new folder: lacquer init --archive DIR");
        var name = request.Name ?? NameFrom(Path.GetFileName(layout.Root));
        var text = ArchiveConfiguration.Default(name, request.Title ?? name, request.Ledger is null ? "" : PostgresAddress.Parse(request.Ledger).Text, request.Objects ?? "", request.Endpoint ?? "");
        if (isNew)
            ArchiveConfiguration.Parse(text, layout.Configuration);
        Directory.CreateDirectory(layout.Root);
        using var held = OpenArchive.TakeLock(layout);
        if (!File.Exists(layout.SigningKey))
        {
            using var key = MinisignKey.Create();
            SecretFile.Write(layout.SigningKey, key);
        }

        using var signing = MinisignKey.Read(layout.SigningKey);
        if (!File.Exists(layout.PublicKey))
            Durable.WriteFile(layout.PublicKey, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(signing.PublicKey.FileText())));
        var configuration = isNew ? ArchiveConfiguration.Parse(text, layout.Configuration) : ArchiveConfiguration.Read(layout.Configuration);
        if (request.Ledger is not null && request.Ledger != configuration.Ledger)
            throw new LacquerException(Failure.Usage, $"{layout.Root} has its ledger elsewhere: in {configuration.LedgerOf(layout)}", "an archive keeps the ledger that it was made with");
        if (!isNew)
            layout.MustHaveLedger(configuration);
        else if (configuration.Ledger is not null || !File.Exists(layout.Ledger))
            Ledger.Create(configuration.LedgerOf(layout));
        // One of a former format is brought up to date.
        Ledger.Open(configuration.LedgerOf(layout), TimeProvider.System, Agent.Name).Dispose();

        // Last: its presence makes the folder an archive.
        if (isNew)
            Durable.WriteFile(layout.Configuration, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
        return new NewArchiveReport(layout.Root, configuration.Name, signing.PublicKey.Text, isNew);
    }

    private static bool IsOurs(ArchiveLayout layout, string entry) =>
        entry.StartsWith(layout.SigningKey, StringComparison.Ordinal) || entry.StartsWith(layout.PublicKey, StringComparison.Ordinal) || entry.StartsWith(layout.Ledger, StringComparison.Ordinal)
        || entry.StartsWith(layout.Configuration, StringComparison.Ordinal) || entry == layout.Lock;

    private static string NameFrom(string folder)
    {
        var name = new string(folder.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-').ToArray()).Trim('-');
        return name.Length == 0 ? "archive" : name.Length > 24 ? name[..24].Trim('-') : name;
    }
}
