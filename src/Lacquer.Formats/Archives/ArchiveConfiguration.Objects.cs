namespace Lacquer.Formats.Archives;

/// <content>The table <c>[objects]</c>.</content>
public sealed partial record ArchiveConfiguration
{
    /// <summary>Where the objects lie.</summary>
    public ObjectSettings Objects { get; private init; } = ObjectSettings.Folder;

    private static ObjectSettings ReadObjects(Section objects)
    {
        if (!ObjectSettings.TryParse(objects.Text("location", ""), out var bucket, out var prefix))
            throw objects.Bad("location", "empty, or s3://BUCKET or s3://BUCKET/PREFIX; a bucket's name has 3 to 63 of a-z, 0-9, . and -, a prefix letters, digits, . - _ and /");
        var endpoint = objects.Text("endpoint", "");
        if (endpoint.Length > 0 && !ObjectSettings.IsEndpoint(endpoint))
            throw objects.Bad("endpoint", "an http or https address with nothing behind its host and port, and no account in it");
        var region = objects.Text("region", "us-east-1");
        if (region.Length is 0 or > 64 || !region.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw objects.Bad("region", "a region's name, such as eu-central-1");
        return new ObjectSettings(bucket, prefix, endpoint.Length > 0 ? new Uri(endpoint) : null, region, objects.Truth("path_style", true), (int)objects.Whole("patience_seconds", 60, 1, 3600));
    }
}
