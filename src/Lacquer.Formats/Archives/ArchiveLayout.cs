using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Archives;

/// <summary>Where everything lies in an archive's folder. A mirror has the same layout, without accessions.</summary>
public sealed class ArchiveLayout
{
    /// <summary>The file whose presence makes a folder an archive.</summary>
    public const string ConfigurationFileName = "lacquer.toml";

    /// <summary>Describes the archive in <paramref name="root"/>; reads nothing.</summary>
    public ArchiveLayout(string root) => Root = Path.GetFullPath(root);

    /// <summary>The archive's folder, absolute.</summary>
    public string Root { get; }

    /// <summary><c>lacquer.toml</c>.</summary>
    public string Configuration => Path.Combine(Root, ConfigurationFileName);

    /// <summary><c>ledger.sqlite</c>.</summary>
    public string Ledger => Path.Combine(Root, "ledger.sqlite");

    /// <summary>The file a writing process holds locked.</summary>
    public string Lock => Path.Combine(Root, "lacquer.lock");

    /// <summary>The signing key, in minisign's secret key format, readable by its owner only.</summary>
    public string SigningKey => Path.Combine(Root, "signing.key");

    /// <summary>The signing key's public half, in minisign's format.</summary>
    public string PublicKey => Path.Combine(Root, "signing.pub");

    /// <summary>A key that is to be the signing key, while it becomes that.</summary>
    public string NextSigningKey => SigningKey + ".next";

    /// <summary>The signing keys there were, where it is not the first.</summary>
    public string Keys => Path.Combine(Root, KeyChain.FileName);

    /// <summary>The keys of the archive that this one mirrors, where the one that signs is not the first.</summary>
    public string OriginKeys => Path.Combine(Root, "origin-" + KeyChain.FileName);

    /// <summary>Accessions, a folder a source.</summary>
    public string Accessions => Path.Combine(Root, "accessions");

    /// <summary>Catalogues, a folder each.</summary>
    public string Catalogues => Path.Combine(Root, "catalogues");

    /// <summary>Objects, in 256 folders by the first two hex digits of their names.</summary>
    public string Objects => Path.Combine(Root, "objects");

    /// <summary>Volumes, a folder and a torrent each.</summary>
    public string Volumes => Path.Combine(Root, "volumes");

    /// <summary>Editions, a folder each.</summary>
    public string Editions => Path.Combine(Root, "editions");

    /// <summary>Cover art as harvested, content-addressed.</summary>
    public string Images => Path.Combine(Root, "images");

    /// <summary>Work in hand; may be deleted whenever no command runs.</summary>
    public string Work => Path.Combine(Root, "work");

    /// <summary>What was asked of <paramref name="source"/> over the network, and answered: <c>logs/SOURCE.jsonl</c>.</summary>
    public string FetchLog(string source) => Path.Combine(Root, "logs", source + ".jsonl");

    /// <summary>The file of accession <paramref name="number"/> of <paramref name="source"/>: <c>accessions/SOURCE/NNNNNN.jsonl.zst</c>.</summary>
    public string Accession(string source, int number) =>
        Path.Combine(Accessions, source, FormattableString.Invariant($"{number:D6}.jsonl.zst"));

    /// <summary>The folder of a catalogue.</summary>
    public string Catalogue(string name) => Path.Combine(Catalogues, name);

    /// <summary>The file of an object: <c>objects/ab/abcdef….ogg</c>.</summary>
    public string Object(PiecesRoot root, string extension)
    {
        var name = root.ToString();
        return Path.Combine(Objects, name[..2], $"{name}.{extension}");
    }

    /// <summary>The tombstone of a withdrawal; its signature lies beside it, with <c>.minisig</c> behind its name.</summary>
    public string Withdrawal(int number) => Path.Combine(Root, Tombstone.PathOf(number));

    /// <summary>The folder of a volume, in which its files lie hard-linked under the torrent's names.</summary>
    public string Volume(string name) => Path.Combine(Volumes, name);

    /// <summary>A volume's torrent without web seeds and trackers.</summary>
    public string VolumeTorrent(string name) => Path.Combine(Volumes, name + ".torrent");

    /// <summary>A link to the newest edition's folder.</summary>
    public string LatestEdition => Path.Combine(Editions, "latest");

    /// <summary>The folder of an edition.</summary>
    public string Edition(string name) => Path.Combine(Editions, name);

    /// <summary>The file of an image: <c>images/ab/abcdef….jpg</c>.</summary>
    public string Image(Sha256Digest digest, string extension)
    {
        var name = digest.ToString();
        return Path.Combine(Images, name[..2], $"{name}.{extension}");
    }

    /// <summary>Complains unless the folder is an archive.</summary>
    /// <exception cref="LacquerException">It is not.</exception>
    public ArchiveLayout MustExist() => File.Exists(Configuration) ? this
        : throw new LacquerException(Failure.Missing, $"{Root} is not an archive: it has no {ConfigurationFileName}", $"lacquer init --archive {Root}");

    /// <summary>Complains unless the ledger is where the configuration says; of a database, whoever opens it finds out.</summary>
    /// <exception cref="LacquerException">It is not.</exception>
    public string MustHaveLedger(ArchiveConfiguration configuration) => configuration.Ledger is not null || File.Exists(Ledger) ? configuration.LedgerOf(this)
        : throw new LacquerException(Failure.Missing, $"{Root} has no ledger.sqlite, though it has a {ConfigurationFileName}", "put the ledger back from a copy; lacquer init --archive in a new folder makes a new archive");

    /// <summary>The newest sealed catalogue's folder, or null; names sort by age.</summary>
    public string? NewestCatalogue() => Newest(Catalogues);

    /// <summary>The newest edition's folder, or null; names sort by age.</summary>
    public string? NewestEdition() => Newest(Editions);

    private static string? Newest(string folder) =>
        !Directory.Exists(folder) ? null : Directory.EnumerateDirectories(folder)
            .Where(d => Path.GetFileName(d) is { Length: 6 } name && name.All(char.IsAsciiDigit))
            .Max(StringComparer.Ordinal);
}
