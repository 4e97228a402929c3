using System.Globalization;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Packages;

/// <summary>
/// A bag (BagIt 1.0, RFC 8493): each object once under <c>data/objects/</c>, a record for each recording under <c>data/recordings/</c>, manifests and tag manifests by SHA-256 and SHA-512.
/// </summary>
public sealed class Bag : IPackage
{
    /// <summary>The file whose presence makes a folder a bag (RFC 8493 §2.1.1).</summary>
    public const string Declaration = "bagit.txt";

    private readonly string _folder;
    private readonly IReadOnlyList<(string Label, string Value)> _info;
    private readonly Dictionary<PiecesRoot, PackagedFile> _objects = [];
    private readonly List<PackagedFile> _records = [];
    private readonly List<PackagedFile> _tags = [];

    /// <summary>Begins one.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="info">What <c>bag-info.txt</c> says beside the sum of the payload (RFC 8493 §2.2.2); values are put on one line.</param>
    public Bag(string folder, IReadOnlyList<(string Label, string Value)> info)
    {
        (_folder, _info) = (folder, info);
        Tag(Declaration, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    }

    /// <inheritdoc/>
    public async Task AddAsync(EntityId recording, ObjectRow obj, byte[] record, Func<CancellationToken, Task<Stream>> audio, CancellationToken cancel)
    {
        // An object that several recordings share is there once.
        if (!_objects.ContainsKey(obj.Root))
            _objects.Add(obj.Root, await PackagedFile.WriteAsync(_folder, $"data/objects/{ObjectName.Of(obj).Key}", obj, audio, cancel).ConfigureAwait(false));
        _records.Add(PackagedFile.Write(_folder, $"data/recordings/{recording}.json", record));
    }

    /// <inheritdoc/>
    public void Finish()
    {
        var payload = _objects.Values.Concat(_records).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        // Without a payload there is still its folder (RFC 8493 §2.1.2).
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        Tag("bag-info.txt", string.Concat(_info.Append(("Payload-Oxum", string.Create(CultureInfo.InvariantCulture, $"{payload.Sum(f => f.LengthBytes)}.{payload.Count}")))
            .Select(i => $"{i.Item1}: {string.Concat(i.Item2.Select(c => char.IsControl(c) ? ' ' : c))}\n")));
        Tag("manifest-sha256.txt", Lines(payload, f => f.Sha256));
        Tag("manifest-sha512.txt", Lines(payload, f => f.Sha512));
        var tags = _tags.OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        Tag("tagmanifest-sha256.txt", Lines(tags, f => f.Sha256));
        Tag("tagmanifest-sha512.txt", Lines(tags, f => f.Sha512));
    }

    private static string Lines(IEnumerable<PackagedFile> files, Func<PackagedFile, string> digest) => string.Concat(files.Select(f => $"{digest(f)}  {f.Path}\n"));

    private void Tag(string name, string text) => _tags.Add(PackagedFile.Write(_folder, name, Encoding.UTF8.GetBytes(text)));
}
